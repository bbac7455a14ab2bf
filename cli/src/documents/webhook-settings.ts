/** The webhook's settings, as a command knows them: from a file, from the ConfigMap, else their defaults. Each with where it is from. */
import { parseDocument } from 'yaml';
import { CodedError, INSTALLED, eksWebhook, formatProblems, isMap, isRegion } from '@rolechain/shared';
import { parseSettings, type DecideSettings, type Settings } from '@rolechain/webhook';
import type { Json } from './manifests.ts';
import type { Source } from './read-sources.ts';

/** A text of settings. */
export interface SettingsText {
  readonly text: string;
  readonly from: string;
}

export interface KnownSettings {
  readonly value: DecideSettings;
  /** Where they are from; undefined: nobody named any, and these are the defaults. */
  readonly from: string | undefined;
  readonly regionFrom: string;
}

/** Of a file: the settings themselves, or the manifest of their ConfigMap. */
export function settingsOfSource({ name, text }: Source): SettingsText {
  const value = parseDocument(text, { schema: 'core', logLevel: 'silent' });
  const data: unknown = value.errors.length > 0 ? undefined : value.toJS();
  const found = isMap(data) ? settingsOfConfigMap(data, name) : undefined;
  return found ?? { text, from: name };
}

/** Undefined where the object is not that ConfigMap. */
export function settingsOfConfigMap(object: Json, file?: string): SettingsText | undefined {
  const { kind, metadata, data } = object;
  if (kind !== 'ConfigMap' || !isMap(metadata) || metadata.name !== INSTALLED.webhook) return undefined;
  const text = isMap(data) ? data[INSTALLED.settingsKey] : undefined;
  const from = `ConfigMap ${INSTALLED.webhook}${file === undefined ? '' : ` (${file})`}`;
  return typeof text === 'string' ? { text, from } : undefined;
}

export interface RegionSources {
  /** The option --region. */
  readonly option: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const FALLBACK_REGION = 'us-east-1';

/** Throws FileInvalid with every problem of the settings. */
export function knownSettings(written: SettingsText | undefined, { option, env }: RegionSources): KnownSettings {
  const parsed = parseSettings(written?.text ?? UNWRITTEN);
  if (!parsed.ok) {
    throw new CodedError('FileInvalid', `${written?.from ?? 'The settings'}: ${formatProblems(parsed.problems)}.`);
  }
  if (option !== undefined && !isRegion(option)) throw new CodedError('UsageInvalid', '--region is not an AWS Region.');
  const candidates: readonly (readonly [string | undefined, string])[] = [
    [option, 'option --region'],
    [parsed.value.region, `setting region of ${written?.from ?? ''}`],
    [env.AWS_REGION, 'variable AWS_REGION'],
    [env.AWS_DEFAULT_REGION, 'variable AWS_DEFAULT_REGION'],
  ];
  const [region, regionFrom] = candidates.find(([name]) => name !== undefined && isRegion(name)) ?? [
    FALLBACK_REGION,
    "assumed: the webhook takes its node's, which is not known here",
  ];
  const value = decideSettingsOf({ ...parsed.value, region: region ?? FALLBACK_REGION });
  return { value, from: written?.from, regionFrom };
}

/** The one field that has no default; nothing but the patch reads it. */
const UNWRITTEN = 'sidecarImage: unknown';

/** Those of an installation that nobody has changed. */
export function defaultSettings(): Settings {
  const parsed = parseSettings(UNWRITTEN);
  if (!parsed.ok) throw new CodedError('InternalError', formatProblems(parsed.problems));
  return parsed.value;
}

/** The webhook takes a Region that no setting names of its node; nothing that a report shows depends on it. */
export function decideSettingsOf({ eksWebhook: flags, ...settings }: Settings): DecideSettings {
  return { ...settings, eks: eksWebhook(flags), region: settings.region ?? FALLBACK_REGION };
}
