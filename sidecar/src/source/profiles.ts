/**
 * What a profile of the shared config files would use, read before the SDK gets to see them. The SDK's
 * ini provider asks the container's and the node's metadata when a profile says so, whatever
 * AWS_EC2_METADATA_DISABLED says (@aws-sdk/credential-provider-ini, resolveCredentialSource).
 */

/** Keys that lead to a source which is not used here. */
const FORBIDDEN = /^(?:web_identity_token_file|credential_source|login_session|sso_.*)$/;

/** A profile and its settings; a key that stands there twice has both values. */
type Profiles = ReadonlyMap<string, readonly (readonly [key: string, value: string])[]>;

/** A forbidden key of a profile that would be walked. */
export interface Forbidden {
  readonly profile: string;
  readonly key: string;
}

/**
 * The first forbidden key on the way from `profile` through `source_profile`; undefined when there is
 * none. Reads more into the files than the SDK does (nested keys, repeated keys and sections, names
 * without the word `profile`), so that nothing the SDK sees is missed here. Pure.
 */
export function findForbidden(profile: string, files: readonly string[]): Forbidden | undefined {
  const profiles = readProfiles(files);
  const walked = new Set<string>();
  const toWalk = [profile];
  for (let name = toWalk.pop(); name !== undefined; name = toWalk.pop()) {
    if (walked.has(name)) continue;
    walked.add(name);
    for (const [key, value] of profiles.get(name) ?? []) {
      if (FORBIDDEN.test(key)) return { profile: name, key };
      if (key === 'source_profile') toWalk.push(value);
    }
  }
  return undefined;
}

function readProfiles(files: readonly string[]): Profiles {
  const profiles = new Map<string, [string, string][]>();
  for (const file of files) {
    let settings: [string, string][] = [];
    for (const line of file.split(/\r?\n/)) {
      // A comment begins at the start of the line or behind white space.
      const text = line.replace(/(?:^|\s)[;#].*$/, '').trim();
      if (text.startsWith('[') && text.endsWith(']')) {
        const name = profileName(text.slice(1, -1));
        settings = profiles.get(name) ?? [];
        profiles.set(name, settings);
        continue;
      }
      const equals = text.indexOf('=');
      if (equals > 0) settings.push([text.slice(0, equals).trim(), text.slice(equals + 1).trim()]);
    }
  }
  return profiles;
}

/** `profile x` of the file `config` and `x` of the file `credentials` are one profile. */
function profileName(section: string): string {
  return section
    .trim()
    .replace(/^profile\s+/, '')
    .replace(/^(["'])(.*)\1$/, '$2');
}
