/**
 * AWS' shared config file, by its format: sections, `key = value`, comments by `#` and `;`, settings of a nested section indented
 * (AWS SDKs and Tools Reference Guide, "Format of the config file"). The SDK's own parser is not exported, reads files alone, and
 * writes a section named `constructor` into the language's own objects. Pure; in time that grows with the text.
 */

/** Settings of a profile by their names in lower case. Those of nested sections are left out: none is about credentials. */
export type Profile = ReadonlyMap<string, string>;

/** The profiles of the text by name: `[default]`, `[profile NAME]`, and, as in a credentials file, `[NAME]`. */
export function parseProfiles(text: string): ReadonlyMap<string, Profile> {
  const profiles = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const content = withoutComment(line).trim();
    if (content === '') continue;
    if (content.startsWith('[') && content.endsWith(']')) {
      current = section(profiles, content.slice(1, -1).trim());
      continue;
    }
    const equals = content.indexOf('=');
    if (!current || equals < 1 || /^\s/.test(line)) continue;
    const value = content.slice(equals + 1).trim();
    if (value !== '') current.set(content.slice(0, equals).trim().toLowerCase(), value);
  }
  return profiles;
}

function withoutComment(line: string): string {
  const mark = /(?:^|\s)[#;]/.exec(line);
  return mark ? line.slice(0, mark.index) : line;
}

function section(profiles: Map<string, Map<string, string>>, title: string): Map<string, string> | undefined {
  const [word = '', ...rest] = title.split(/\s+/);
  if (rest.length > 0 && word !== 'profile') return undefined;
  const name = (rest.length > 0 ? rest.join(' ') : word).replace(/^(["'])(.*)\1$/, '$2');
  const known = profiles.get(name) ?? new Map<string, string>();
  profiles.set(name, known);
  return known;
}

/** Settings that say where credentials come from. */
const CREDENTIALS = [
  'role_arn',
  'credential_process',
  'web_identity_token_file',
  'source_profile',
  'credential_source',
];

/** Whether a profile of them says where credentials come from. */
export function areProfiles(profiles: ReadonlyMap<string, Profile>): boolean {
  return [...profiles.values()].some((profile) => CREDENTIALS.some((key) => profile.has(key)));
}
