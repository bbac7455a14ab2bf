import fc from 'fast-check';
import { credentialsOf, unsafeSection, type Profiles } from './profiles.ts';

const KEYS = { aws_access_key_id: 'A', aws_secret_access_key: 'S' };
const codeOf = (name: string, profiles: Profiles): string => {
  try {
    const given = credentialsOf(name, profiles);
    return 'process' in given ? 'process' : 'static';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test.each<[string, Profiles[string], string]>([
  ['static keys', KEYS, 'static'],
  ['keys before a process', { ...KEYS, credential_process: 'p' }, 'static'],
  ['half a pair before a process', { aws_access_key_id: 'A', credential_process: 'p' }, 'process'],
  ['half a pair', { aws_secret_access_key: 'S' }, 'EnvironmentInvalid'],
  ['settings that are no source', { region: 'x', 's3.credential_source': 'EcsContainer' }, 'EnvironmentInvalid'],
  ['what belongs to a role that is not named', { ...KEYS, role_session_name: 'x', mfa_serial: 'y' }, 'static'],
])('%s', (_name, settings, expected) => {
  expect(codeOf('x', { x: settings })).toBe(expected);
});

/** The keys of the AWS SDKs and Tools Reference Guide by which a profile names a source of credentials. */
const ELSEWHERE = [
  'role_arn',
  'source_profile',
  'credential_source',
  'web_identity_token_file',
  'login_session',
  'sso_session',
  'sso_start_url',
  'sso_region',
  'sso_account_id',
  'sso_role_name',
  'sso_registration_scopes',
];

test.each(ELSEWHERE)('%s is refused beside whatever, in any case', (key) => {
  const cased = fc.array(fc.boolean(), { minLength: key.length, maxLength: key.length });
  fc.assert(
    fc.property(
      cased,
      fc.subarray(['aws_access_key_id', 'aws_secret_access_key', 'credential_process']),
      (big, beside) => {
        const spelled = Array.from(key)
          .map((letter, at) => (big[at] ? letter.toUpperCase() : letter))
          .join('');
        const settings = Object.fromEntries([...beside, spelled].map((name) => [name, 'x']));
        expect(codeOf('x', { x: settings })).toBe('EnvironmentForbidden');
      },
    ),
  );
});

test.each(['constructor', 'toString', '__proto__', 'none'])('profile %s is not there', (name) => {
  expect(codeOf(name, { x: KEYS })).toBe('EnvironmentInvalid');
});

test('sections that every object has, as the parser reads them', () => {
  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    for (const text of [
      `[${name}]`,
      `a = b\r\n  [${name}] ; c`,
      `[${name}]\t# c`,
      `[profile ${name}]`,
      `[profile.${name}]`,
      `[sso-session '${name}']`,
    ])
      expect(unsafeSection(text)).toBe(name);
  }
  for (const text of ['[default]', '[profile constructors]', '# [constructor]', 'x = [constructor]', '']) {
    expect(unsafeSection(text)).toBeUndefined();
  }
});
