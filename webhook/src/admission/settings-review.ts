/** The ConfigMap of settings that is being written: `/validate`. Pure. */
import {
  INSTALLED,
  LABELS,
  VERSION,
  formatProblems,
  problem,
  readYAML,
  warningText,
  type Dialect,
  type Result,
} from '@rolechain/shared';
import { cut, cutMessage } from '../objects/truncate.ts';
import { fieldsOf } from '../objects/pod.ts';
import { checkSettings, type Settings } from '../settings/settings.ts';
import { settingsWarnings } from '../settings/settings-warnings.ts';
import type { WrittenDecision } from './review.ts';

export interface WrittenSettings {
  readonly kind: 'ConfigMap';
  readonly name: string;
  /** Undefined: the ConfigMap has none, and no webhook would start. */
  readonly text: string | undefined;
  /** Of the manifests that it comes with, where it has one. */
  readonly version: string | undefined;
}

/** As at the start of the webhook (settings.ts), within the bounds of what strangers write: anyone may call `/validate`. */
const YAML: Dialect = {
  options: { schema: 'core', logLevel: 'error' },
  uniqueKeys: true,
  tolerates: () => false,
};

/** Undefined where the settings are as before: what is stored stops no write. */
export function writtenSettings(object: unknown, oldObject: unknown, name: string): WrittenSettings | undefined {
  const text = textOf(object);
  if (oldObject !== null && oldObject !== undefined && text === textOf(oldObject)) return undefined;
  const version = fieldsOf(fieldsOf(fieldsOf(object).metadata).labels)[LABELS.version];
  return { kind: 'ConfigMap', name, text, version: typeof version === 'string' ? version : undefined };
}

function textOf(configMap: unknown): string | undefined {
  const text = fieldsOf(fieldsOf(configMap).data)[INSTALLED.settingsKey];
  return typeof text === 'string' ? text : undefined;
}

/** What a webhook that started with these settings would say. */
export function decideSettings({ name, text, version = VERSION }: WrittenSettings): WrittenDecision {
  // An upgrade writes the settings first, while the old version still answers: it may not know what the new one does.
  if (version !== VERSION) return unchecked(`of version ${cut(version, 63)}, and this webhook is of ${VERSION}`);
  const checked = text === undefined ? MISSING : check(text);
  if (checked === 'too large') return unchecked('too large');
  if (checked.ok) return { reason: 'Accepted', warnings: settingsWarnings(checked.value).map(warningText) };
  const what = `rolechain: ConfigMap ${cut(name, 253)}: the settings are invalid: ${formatProblems(checked.problems)}.`;
  const fix = 'No webhook starts with them. Correct them. [SettingsInvalid]';
  return { reason: 'SettingsInvalid', warnings: [], message: cutMessage(`${what} ${fix}`) };
}

function unchecked(why: string): WrittenDecision {
  return { reason: 'Accepted', warnings: [`rolechain: the settings are not checked: they are ${why}.`] };
}

const MISSING: Result<Settings> = {
  ok: false,
  problems: [problem('FieldMissing', INSTALLED.settingsKey, 'is missing')],
};

function check(text: string): Result<Settings> | 'too large' {
  const data = readYAML(text, YAML);
  if (data.ok) return checkSettings(data.value);
  const isBound = data.problems.some(({ code }) => code === 'DocumentTooLarge' || code === 'DocumentTooComplex');
  return isBound ? 'too large' : data;
}
