/** Everything that is refused at admission, and with which words. */
import { ACCOUNTS } from './accounts.ts';
import { DEFAULTS } from './defaults.ts';
import { DOCUMENTS } from './document.ts';
import { FIELD_VALUES } from './fields.ts';
import { PODS } from './pods.ts';
import type { Refusal } from './refusal.ts';
import { RESOURCES } from './resources.ts';
import { RULES } from './rules.ts';

export const REFUSALS: readonly Refusal[] = [
  ...DOCUMENTS,
  ...FIELD_VALUES,
  ...RULES,
  ...ACCOUNTS,
  ...DEFAULTS,
  ...PODS,
  ...RESOURCES,
];
