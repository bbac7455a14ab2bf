/** What a variable does to a program that would otherwise be the role. Pure. */

/**
 * `role`: none. `passed by`: the SDK has other credentials. `failed`: it has none, with its words. `proxied`: its request
 * with the token went to a proxy. `unsure`: it did not end in time.
 */
export type Effect = 'role' | 'passed by' | 'failed' | 'proxied' | 'unsure';

/** Variables of an HTTP proxy, in the cases in which clients read them. */
export const PROXIES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const;

/** What people write as exceptions, and what might cover 127.0.0.1. */
export const NO_PROXY_VALUES: readonly string[] = [
  '127.0.0.1',
  'localhost, 127.0.0.1',
  'localhost 127.0.0.1',
  '127.0.0.1/32',
  '127.0.0.0/8',
  '0.0.0.0/0',
  '*',
  'localhost,*',
  'localhost',
  '127.0.0.1:*',
  '127.*',
  '.0.0.1',
  '169.254.170.23,169.254.169.254,.svc,.cluster.local,10.0.0.0/8',
];

/** The access keys that the world of an observation hands out; anything else is an accident. */
export const KEYS = {
  role: 'ASIAROLEROLEROLEROLE',
  environment: 'AKIAENVIRONMENTENVIR',
  file: 'AKIAFILEFILEFILEFILE',
} as const;

export interface Files {
  /** With static keys for [default] and [other]. */
  readonly credentials: string;
  /** The same as a configuration file: [default] and [profile other]. */
  readonly config: string;
  /** Of EC2's first tools, which botocore still reads. */
  readonly ec2: string;
  /** Of boto, the one before boto3. */
  readonly boto: string;
  /** PEM of a CA. */
  readonly certificate: string;
  readonly token: string;
}

/** Values of variables, by what their names say they hold; the first that matches. */
const VALUES: readonly (readonly [RegExp, (files: Files) => string])[] = [
  [/SECRET|SESSION_TOKEN|SECURITY_TOKEN|ROOT_PASSWORD/, () => 'secretsecretsecretsecretsecretsecretsecr'],
  [/ACCESS_KEY|ROOT_USER/, () => KEYS.environment],
  [/AWS_CREDENTIAL_FILE/, ({ ec2 }) => ec2],
  [/BOTO_CONFIG/, ({ boto }) => boto],
  [/CONFIG_FILE/, ({ config }) => config],
  [/CREDENTIAL.*_FILE/, ({ credentials }) => credentials],
  [/PROXY_URL/, () => 'http://127.0.0.1:9'],
  [/TOKEN_FILE/, ({ token }) => token],
  [/CA_BUNDLE/, ({ certificate }) => certificate],
  [/PROFILE/, () => 'other'],
  [/ROLE_ARN/, () => 'arn:aws:iam::222222222222:role/other'],
  [/RELATIVE_URI/, () => '/v2/credentials/other'],
  [/FULL_URI/, () => 'http://127.0.0.1:9/other'],
  [/REGIONAL_ENDPOINTS?$/, () => 'regional'],
  [/METADATA_SERVICE_ENDPOINT_MODE/, () => 'IPv4'],
  [/ENDPOINT_MODE/, () => 'preferred'],
  [/DEFAULTS_MODE|RETRY_MODE/, () => 'standard'],
  [/CHECKSUM/, () => 'when_required'],
  [/FILE_PERMISSIONS/, () => 'unrestricted'],
  [/ENABLE|DISABLE|LOAD_CONFIG|USE_|IGNORE|SUPPRESS|SKIP_SIGNATURE|UNSIGNED|FALLBACK|VIRTUAL_HOSTED/, () => 'true'],
  [/ENDPOINT(_URL.*)?$/, () => 'http://127.0.0.1:9'],
  [/REGION$/, () => 'eu-central-1'],
  [/_PORT$|TIMEOUT|ATTEMPTS|SIZE/, () => '5'],
  [/EXPIRATION/, () => '2099-01-01T00:00:00Z'],
  [/CONDITIONAL_PUT/, () => 'etag'],
];

/** A sensible value of a variable. */
export function fill(name: string, files: Files): string {
  return VALUES.find(([pattern]) => pattern.test(name))?.[1](files) ?? 'other';
}

/**
 * Variables that stop an SDK with some value, anyone who its credentials are from: a mode or a number that it doesn't know.
 * They are the application's own affair.
 */
export const STOPS: readonly string[] = [
  'AWS_DEFAULTS_MODE',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
  'AWS_METADATA_SERVICE_NUM_ATTEMPTS',
  'AWS_METADATA_SERVICE_TIMEOUT',
  'AWS_SDK_GO_CLIENT_TLS_CERT',
  'AWS_SDK_GO_CLIENT_TLS_KEY',
  'AWS_MAX_ATTEMPTS',
  'AWS_RETRY_MODE',
  // object_store's options.
  'AWS_ALLOW_HTTP',
  'AWS_CHECKSUM_ALGORITHM',
  'AWS_CONDITIONAL_PUT',
  'AWS_COPY_IF_NOT_EXISTS',
  'AWS_DISABLE_TAGGING',
  'AWS_PROXY_URL',
  'AWS_REQUEST_PAYER',
  'AWS_S3_EXPRESS',
  'AWS_SERVER_SIDE_ENCRYPTION',
  'AWS_SKIP_SIGNATURE',
  'AWS_UNSIGNED_PAYLOAD',
  'AWS_VIRTUAL_HOSTED_STYLE_REQUEST',
];

/** Variables that take effect only together, of which each is observed by itself, too. */
export const GROUPS: readonly (readonly string[])[] = [
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  ['AWS_ACCESS_KEY', 'AWS_SECRET_KEY'],
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_KEY'],
  ['AWS_ACCESS_KEY', 'AWS_SECRET_ACCESS_KEY'],
  ['AMAZON_ACCESS_KEY_ID', 'AMAZON_SECRET_ACCESS_KEY'],
  ['AMAZON_ACCESS_KEY', 'AMAZON_SECRET_KEY'],
  ['MINIO_ACCESS_KEY', 'MINIO_SECRET_KEY'],
  ['MINIO_ROOT_USER', 'MINIO_ROOT_PASSWORD'],
  ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_SESSION_NAME'],
  ['AWS_CONFIG_FILE', 'AWS_SDK_LOAD_CONFIG'],
  ['AWS_CONFIG_FILE', 'AWS_PROFILE'],
];

/** Of what a program printed. */
export function effectOf({ key = '' }: { readonly key?: string }): Effect {
  if (key === '') return 'failed';
  return key === KEYS.role ? 'role' : 'passed by';
}
