/** The webhook's settings as a decision reads them, from a file or by their defaults. Pure. */
import { CodedError, eksWebhook, formatProblems } from '@rolechain/shared';
import { parseSettings, type DecideSettings } from '@rolechain/webhook';

/** Stands for the image, which no policy depends on. */
const IMAGE = 'sidecarImage: none';
/** The Region stands in no policy. */
const REGION = 'us-east-1';

/** `yaml`: the settings, as the ConfigMap of the webhook has them; defaults where there is none. */
export function offlineSettings(yaml: string = IMAGE): DecideSettings {
  const parsed = parseSettings(yaml);
  if (!parsed.ok) throw new CodedError('FileInvalid', `The settings: ${formatProblems(parsed.problems)}`);
  const { eksWebhook: flags, region = REGION, ...others } = parsed.value;
  return { ...others, region, eks: eksWebhook(flags) };
}
