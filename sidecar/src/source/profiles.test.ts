import { findForbidden } from './profiles.ts';

test.each<[string, string, string[]]>([
  ['static keys', 'default', ['[default]\naws_access_key_id = A\naws_secret_access_key = S']],
  ['a source profile', 'x', ['[profile x]\nrole_arn = r\nsource_profile = y\n[profile y]\naws_access_key_id = A']],
  ['a process', 'default', ['[default]\ncredential_process = /bin/true --sso_region x']],
  ['another profile, not walked', 'default', ['[default]\nregion = x\n[profile sso]\nsso_start_url = https://x']],
  ['a comment', 'default', ['[default]\n# credential_source = Ec2InstanceMetadata\nregion = x ; sso_region = y']],
  ['profiles that name each other', 'a', ['[profile a]\nsource_profile = b\n[profile b]\nsource_profile = a']],
  ['a profile that is not there', 'none', ['[default]\ncredential_source = EcsContainer']],
  ['no file', 'default', []],
])('allowed: %s', (_name, profile, files) => {
  expect(findForbidden(profile, files)).toBeUndefined();
});

test.each<[string, string, string[], string, string]>([
  [
    'web identity',
    'default',
    ['[default]\nrole_arn = r\nweb_identity_token_file = /t'],
    'default',
    'web_identity_token_file',
  ],
  [
    'instance metadata',
    'default',
    ['[default]\nrole_arn=r\ncredential_source=Ec2InstanceMetadata'],
    'default',
    'credential_source',
  ],
  ['SSO', 'x', ['[profile x]\nsso_session = s'], 'x', 'sso_session'],
  ['a login session', 'x', ['[profile x]\nlogin_session = s'], 'x', 'login_session'],
  [
    'at the end of source profiles, in the other file',
    'a',
    ['[profile a]\nsource_profile = b', '[b]\nsource_profile = c\n[c]\ncredential_source = EcsContainer'],
    'c',
    'credential_source',
  ],
  ['a name in quotes', 'x', ['[profile "x"]\ncredential_source = EcsContainer'], 'x', 'credential_source'],
  [
    'a section that comes twice',
    'x',
    ['[profile x]\nregion=y\n[profile x]\ncredential_source = EcsContainer'],
    'x',
    'credential_source',
  ],
  [
    'Windows lines and odd spaces',
    'x',
    ['[ profile  x ]\r\n  credential_source=EcsContainer\r\n'],
    'x',
    'credential_source',
  ],
  [
    'a second source_profile',
    'x',
    ['[profile x]\nsource_profile=y\nsource_profile=z\n[profile z]\nsso_region=s'],
    'z',
    'sso_region',
  ],
])('forbidden: %s', (_name, profile, files, where, key) => {
  expect(findForbidden(profile, files)).toEqual({ profile: where, key });
});
