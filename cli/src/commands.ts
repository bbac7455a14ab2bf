/** The commands, in the order in which --help lists them. */
import { CHECK } from './commands/check.spec.ts';
import { makeCompletion } from './commands/completion.spec.ts';
import { EXPLAIN } from './commands/explain.spec.ts';
import { INJECT } from './commands/inject.spec.ts';
import { STATUS } from './commands/status.spec.ts';
import { TRUST_POLICY } from './commands/trust-policy.spec.ts';
import { UNINJECT } from './commands/uninject.spec.ts';
import { optionsOf } from './terminal/common-options.ts';
import type { CommandSpec } from './terminal/command.ts';

export const COMMANDS: readonly CommandSpec[] = [
  INJECT,
  UNINJECT,
  EXPLAIN,
  STATUS,
  TRUST_POLICY,
  CHECK,
  makeCompletion(() => COMMANDS, optionsOf),
];
