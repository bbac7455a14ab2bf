/**
 * Every form in which a profile of the shared config files can name where credentials come from: AWS SDKs and Tools
 * Reference Guide (file format, settings, credential providers), and what the SDK's own parser makes of the files beyond
 * it (@smithy/core, parseIni).
 */
export interface Form {
  readonly name: string;
  /** Files of the Secret, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Access key where it gives credentials, else the error's code. */
  readonly expected: string;
}

const ROLE = 'role_arn = arn:aws:iam::111111111111:role/x\n';
const KEYS = 'aws_access_key_id = AKIAKEYS\naws_secret_access_key = secret\n';
const PROCESS = `credential_process = echo '{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"p"}'\n`;

/** What a profile may say, and what comes of it. */
const BODIES: readonly (readonly [name: string, body: string, expected: string])[] = [
  ['static keys', KEYS, 'AKIAKEYS'],
  ['static keys with a token', `${KEYS}aws_session_token = t\naws_account_id = 111111111111\n`, 'AKIAKEYS'],
  ['credential_process', PROCESS, 'AKIAPROCESS'],
  ['a credential_process that fails', 'credential_process = false\n', 'EnvironmentFailed'],
  [
    'nothing but settings',
    'region = x\nec2_metadata_service_endpoint = http://169.254.169.254\n',
    'EnvironmentInvalid',
  ],
  ['metadata settings', `imds_client_use_default = 1\nec2_metadata_v1_disabled = false\n`, 'EnvironmentInvalid'],
  ...['Ec2InstanceMetadata', 'EcsContainer', 'Environment', 'ec2instancemetadata'].flatMap((source) => {
    const line = `credential_source = ${source}\n`;
    return [
      [`role over ${source}`, `${ROLE}${line}`, 'EnvironmentForbidden'],
      [`${source} alone`, line, 'EnvironmentForbidden'],
      [`${source} beside keys`, `${KEYS}${line}`, 'EnvironmentForbidden'],
      [`${source} beside a process`, `${line}${PROCESS}`, 'EnvironmentForbidden'],
    ] as const;
  }),
  ['in capitals', 'ROLE_ARN = x\nCREDENTIAL_SOURCE = Ec2InstanceMetadata\n', 'EnvironmentForbidden'],
  ['role over a profile with keys', `${ROLE}source_profile = keys\n`, 'EnvironmentForbidden'],
  ['role over a profile of the node', `${ROLE}source_profile = node\n`, 'EnvironmentForbidden'],
  ['role over a profile over a profile of the node', `${ROLE}source_profile = middle\n`, 'EnvironmentForbidden'],
  ['role over itself', `${ROLE}source_profile = x\n${KEYS}`, 'EnvironmentForbidden'],
  ['a profile without a role', 'source_profile = node\n', 'EnvironmentForbidden'],
  ['role with MFA', `${ROLE}source_profile = keys\nmfa_serial = arn:aws:iam::1:mfa/x\n`, 'EnvironmentForbidden'],
  [
    'role with all that a role takes',
    `${ROLE}source_profile = node\nexternal_id = x\nduration_seconds = 900\nrole_session_name = s\n`,
    'EnvironmentForbidden',
  ],
  ['web identity', `${ROLE}web_identity_token_file = /etc/hostname\n`, 'EnvironmentForbidden'],
  ['SSO session', 'sso_session = s\nsso_account_id = 111111111111\nsso_role_name = x\n', 'EnvironmentForbidden'],
  [
    'SSO of old',
    'sso_start_url = http://169.254.169.254\nsso_region = x\nsso_account_id = 1\nsso_role_name = x\n',
    'EnvironmentForbidden',
  ],
  ['a login', 'login_session = arn:aws:iam::111111111111:user/x\n', 'EnvironmentForbidden'],
  ['nested keys', `services =\n  credential_source = Ec2InstanceMetadata\n  role_arn = x\n`, 'EnvironmentInvalid'],
  ['nested keys before keys', `s3 =\n  credential_source = EcsContainer\n${KEYS}`, 'AKIAKEYS'],
  ['behind an empty value', `services =\n${ROLE}credential_source = Ec2InstanceMetadata\n`, 'EnvironmentForbidden'],
  ['a comment', `${KEYS}# credential_source = Ec2InstanceMetadata\n;${ROLE}`, 'AKIAKEYS'],
  ['a comment behind', `${ROLE}credential_source = Ec2InstanceMetadata # x\n`, 'EnvironmentForbidden'],
  [
    'without spaces, with Windows lines',
    'role_arn=x\r\ncredential_source=Ec2InstanceMetadata\r\n',
    'EnvironmentForbidden',
  ],
  ['tabs', '\trole_arn\t=\tx\n\tcredential_source\t=\tEc2InstanceMetadata\n', 'EnvironmentForbidden'],
  [
    'a key twice',
    `${ROLE}credential_source = Environment\ncredential_source = Ec2InstanceMetadata\n`,
    'EnvironmentForbidden',
  ],
  [
    'the endpoint of a service',
    `${ROLE}credential_source = Ec2InstanceMetadata\nendpoint_url = http://169.254.169.254\n`,
    'EnvironmentForbidden',
  ],
];

/** How the section of a profile is written, in the file `config` and in `credentials`; `@` stands for its name. */
const SECTIONS: readonly (readonly [file: 'config' | 'credentials', section: string, read: readonly string[]])[] = [
  ['config', '[@]', ['default']],
  ['config', '[profile @]', ['default', 'x']],
  ['config', '[profile.@]', ['default', 'x']],
  ['config', '[profile "@"]', ['default', 'x']],
  ['config', "[profile '@']", ['default', 'x']],
  ['config', '[profile\t@]', ['default', 'x']],
  ['config', '  [profile @]  # x', ['default', 'x']],
  ['config', '[profile  @]', []],
  ['config', '[ profile @ ]', []],
  ['config', '[Profile @]', []],
  ['config', '[sso-session @]', []],
  ['config', '[services @]', []],
  ['credentials', '[@]', ['default', 'x']],
  ['credentials', '[ @ ]', []],
  ['credentials', '[profile @]', []],
  ['credentials', '[profile.@]', []],
];

/** Profiles that others point to. */
const OTHERS = `
[profile keys]
${KEYS}
[profile node]
${ROLE}credential_source = Ec2InstanceMetadata
[profile middle]
${ROLE}source_profile = node
[sso-session s]
sso_start_url = http://169.254.169.254
sso_region = x
`;

function* eachForm(): Generator<Form> {
  for (const [file, section, read] of SECTIONS) {
    for (const profile of ['default', 'x']) {
      for (const [name, body, outcome] of BODIES) {
        const text = `${section.replace('@', profile)}\n${body}`;
        const own = file === 'config' ? { config: `${text}\n${OTHERS}` } : { credentials: text, config: OTHERS };
        yield {
          name: `${section.replace('@', profile)} of ${file}: ${name}`,
          files: { ...own, ...(profile === 'default' ? {} : { AWS_PROFILE: `${profile}\n` }) },
          expected: read.includes(profile) ? outcome : 'EnvironmentInvalid',
        };
      }
    }
  }
}

const NODE = `${ROLE}credential_source = Ec2InstanceMetadata\n`;
/** Both files, sections that come twice, profiles that are not there. */
const TOGETHER: readonly Form[] = [
  {
    name: 'a section twice',
    files: { config: `[default]\n${KEYS}[default]\n${NODE}` },
    expected: 'EnvironmentForbidden',
  },
  {
    name: 'two spellings',
    files: { config: `[default]\n${KEYS}[profile default]\n${NODE}` },
    expected: 'EnvironmentForbidden',
  },
  {
    name: 'half in each file',
    files: { config: '[default]\ncredential_source = Ec2InstanceMetadata\n', credentials: `[default]\n${ROLE}` },
    expected: 'EnvironmentForbidden',
  },
  {
    name: 'keys in one file, the node in the other',
    files: { config: `[default]\n${NODE}`, credentials: `[default]\n${KEYS}` },
    expected: 'EnvironmentForbidden',
  },
  {
    name: 'no such profile',
    files: { config: `[default]\n${NODE}`, AWS_PROFILE: 'none' },
    expected: 'EnvironmentInvalid',
  },
  { name: 'no section', files: { config: NODE }, expected: 'EnvironmentInvalid' },
  { name: 'a broken section', files: { config: `[default\n${NODE}` }, expected: 'EnvironmentInvalid' },
  {
    name: 'a name of the language',
    files: { config: `[profile constructor]\n${NODE}`, AWS_PROFILE: 'constructor' },
    expected: 'EnvironmentInvalid',
  },
  {
    name: 'a section of the language',
    files: { config: `[toString]\n${NODE}`, AWS_PROFILE: 'toString' },
    expected: 'EnvironmentInvalid',
  },
  { name: 'the prototype', files: { config: `[profile.__proto__]\n${NODE}` }, expected: 'EnvironmentInvalid' },
  {
    name: 'half a pair of keys beside the node',
    files: { config: `[default]\n${NODE}`, AWS_ACCESS_KEY_ID: 'AKIAHALF' },
    expected: 'EnvironmentForbidden',
  },
  {
    name: 'a pair of keys beside the node',
    files: { config: `[default]\n${NODE}`, AWS_ACCESS_KEY_ID: 'AKIAPAIR', AWS_SECRET_ACCESS_KEY: 's' },
    expected: 'AKIAPAIR',
  },
  { name: 'nothing', files: {}, expected: 'EnvironmentEmpty' },
];

export const FORMS: readonly Form[] = [...eachForm(), ...TOGETHER];

/** What the SDK's own chain takes for the node's role, and no reader of ours once did. */
export const THE_ROW: Form = {
  name: '[profile.default] and credential_source alone',
  files: { config: '[profile.default]\ncredential_source = Ec2InstanceMetadata\n' },
  expected: 'EnvironmentForbidden',
};
