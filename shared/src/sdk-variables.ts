/**
 * The variables by which an SDK bypasses the sidecar: what a container that holds a role may say with them. Found by
 * running the SDKs over every variable that their sources name (test/sdks/observed.json; a test compares the two);
 * docs/sdks.md is made from both.
 */
import { ENV } from './environment.ts';
import type { ReasonCode } from './reasons.ts';

/** What is done about a variable; `set`: it has a value, or takes one from elsewhere. */
export interface SdkVariable {
  /** A conflict, or a warning. */
  readonly set: Extract<ReasonCode, 'StaticKeys' | 'OwnWebIdentity' | 'OwnContainerCredentials'> | 'warning';
  /**
   * Of a literal empty value. `removed`: some SDKs fail over it, so it goes with a warning where nothing else depends on
   * it, and is a conflict where something does. `warning`: it stays. `nothing`: it stays, since SDKs take it for none.
   */
  readonly empty: 'removed' | 'warning' | 'nothing';
  readonly meaning: string;
}

const key = (meaning: string): SdkVariable => ({ set: 'StaticKeys', empty: 'warning', meaning });
const identity = (meaning: string): SdkVariable => ({ set: 'OwnWebIdentity', empty: 'removed', meaning });
const endpoint = (meaning: string): SdkVariable => ({ set: 'OwnContainerCredentials', empty: 'removed', meaning });
const elsewhere = (empty: 'warning' | 'nothing', meaning: string): SdkVariable => ({ set: 'warning', empty, meaning });
const MINIO = "keys of a MinIO server's own, which minio-go takes where a program asks it to";

/** Whether a literal empty value of this variable may be taken out; a Region's, since it counts as absent. */
export function emptyIsRemoved(name: string): boolean {
  const rule = Object.hasOwn(SDK_VARIABLES, name) ? SDK_VARIABLES[name] : undefined;
  return rule?.empty === 'removed' || name === ENV.region || name === ENV.defaultRegion;
}

/** Where the sidecar listens; what NO_PROXY has to cover. */
export const LOOPBACK = '127.0.0.1';

/** Variables that lead requests over plain HTTP to a proxy, and those that name exceptions from it. */
export interface ProxyVariables {
  readonly proxies: readonly string[];
  readonly exceptions: readonly string[];
}

/** Variables that name exceptions from the usual proxies. */
export const NO_PROXIES: readonly string[] = [ENV.noProxy, 'no_proxy'];
/** In the cases in which clients read them. */
export const HTTP_PROXIES: ProxyVariables = {
  proxies: [ENV.httpProxy, 'http_proxy', 'ALL_PROXY', 'all_proxy'],
  exceptions: NO_PROXIES,
};
/** object_store's own, which heeds no NO_PROXY (src/client/mod.rs, ClientConfigKey). */
export const OBJECT_STORE_PROXY: ProxyVariables = { proxies: ['AWS_PROXY_URL'], exceptions: ['AWS_PROXY_EXCLUDES'] };

/** The one table of them. */
export const SDK_VARIABLES: Readonly<Record<string, SdkVariable>> = {
  [ENV.accessKeyID]: key('static keys'),
  [ENV.secretAccessKey]: key('static keys'),
  AWS_ACCESS_KEY: key('static keys, by their older names'),
  AWS_SECRET_KEY: key('static keys, by their older names'),
  AMAZON_ACCESS_KEY_ID: key('static keys, by the names of the first SDKs'),
  AMAZON_SECRET_ACCESS_KEY: key('static keys, by the names of the first SDKs'),

  [ENV.roleARN]: identity('web identity'),
  [ENV.webIdentityTokenFile]: identity('web identity'),

  [ENV.fullURI]: endpoint('the URL of a credentials endpoint'),
  [ENV.relativeURI]: endpoint("the path of ECS' credentials endpoint, which SDKs prefer to the URL"),
  [ENV.tokenFile]: endpoint('the file of the token that the endpoint wants'),
  [ENV.token]: endpoint('the token itself, which some SDKs prefer to the file'),

  [ENV.profile]: elsewhere('warning', 'a profile of the shared files'),
  AWS_DEFAULT_PROFILE: elsewhere('warning', 'a profile of the shared files'),
  AWS_SHARED_CREDENTIALS_FILE: elsewhere('nothing', 'a shared file of credentials'),
  AWS_CONFIG_FILE: elsewhere('nothing', 'a shared file of configuration, which may hold credentials'),
  AWS_CREDENTIAL_PROFILES_FILE: elsewhere('nothing', 'a shared file of credentials, by an older name'),
  AWS_CREDENTIAL_FILE: elsewhere('warning', "a file of keys, of EC2's first tools"),
  BOTO_CONFIG: elsewhere('nothing', 'a file of keys, of boto before boto3'),
  MINIO_ACCESS_KEY: elsewhere('nothing', MINIO),
  MINIO_SECRET_KEY: elsewhere('nothing', MINIO),
  MINIO_ROOT_USER: elsewhere('nothing', MINIO),
  MINIO_ROOT_PASSWORD: elsewhere('nothing', MINIO),
  MINIO_SHARED_CREDENTIALS_FILE: elsewhere('nothing', MINIO),
  AWS_BEARER_TOKEN_BEDROCK: elsewhere('nothing', 'an API key of Amazon Bedrock, for that service alone'),
};
