/**
 * What a profile of the shared config files may give: its own static keys, or its credential_process. What the SDK's
 * parser made of the files is judged here, and nothing else is ever handed the profile: every other way through it ends
 * at STS, at a login, or at the metadata of container or node (@aws-sdk/credential-provider-ini, resolveProfileData).
 */
import { CodedError } from '@rolechain/shared';
import type { Credentials } from '../model/session.ts';
import { oneLine } from '../model/text.ts';

/** What the SDK's parser gives: settings by profile, a nested one as `s3.region` (@smithy/core/config, parseIni). */
export type Profiles = Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;

/** Keys that lead to another profile, or to a source that is not used here. Other SDKs read them in any case. */
const ELSEWHERE = /^(?:role_arn|source_profile|credential_source|web_identity_token_file|login_session|sso_.*)$/i;

/**
 * The static keys of a profile, or its credential_process, which has to be asked. As in the SDK, keys go before
 * a process; a profile that leads elsewhere gives nothing, whatever else it holds, so that nobody gets another identity
 * than the one meant. Throws EnvironmentForbidden and EnvironmentInvalid. Pure.
 */
export function credentialsOf(name: string, profiles: Profiles): Credentials | { readonly process: string } {
  const shown = `Profile ${oneLine(name, 100)}`;
  const settings = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (settings === undefined) throw new CodedError('EnvironmentInvalid', `${shown} is in neither file.`);
  const elsewhere = Object.keys(settings).find((key) => ELSEWHERE.test(key));
  if (elsewhere !== undefined) throw new CodedError('EnvironmentForbidden', `${shown} sets ${oneLine(elsewhere, 60)}.`);
  const {
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    aws_session_token: sessionToken,
    credential_process: process,
  } = settings;
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  }
  if (process) return { process };
  const [has, lacks] = accessKeyId ? KEY_NAMES : KEY_NAMES.toReversed();
  const half = accessKeyId ?? secretAccessKey;
  const reason = half ? `${has} without ${lacks}` : `neither ${KEY_NAMES.join(' and ')} nor credential_process`;
  throw new CodedError('EnvironmentInvalid', `${shown} sets ${reason}.`);
}

const KEY_NAMES = ['aws_access_key_id', 'aws_secret_access_key'] as const;

/**
 * A section whose name every object of JavaScript has, whatever word stands before it: the SDK's parser would write its
 * settings into the language's own functions, and so break the process. Undefined where there is none. Pure.
 */
export function unsafeSection(file: string): string | undefined {
  for (const line of file.split(/\r?\n/)) {
    const text = line.split(/(?:^|\s)[;#]/, 1)[0]?.trim() ?? '';
    if (!text.startsWith('[')) continue;
    const name = text.split(/[^\w]+/).find((word) => word in {});
    if (name !== undefined) return name;
  }
  return undefined;
}
