/** Every path that two parts of rolechain agree on: HTTP paths, mount paths, paths inside the images. */
export const PATHS = {
  /** Credentials of the role `default`; with `/<role>` behind it, those of the named role. */
  credentials: '/v1/credentials',
  mutate: '/mutate',
  validate: '/validate',
  healthz: '/healthz',
  readyz: '/readyz',
  metrics: '/metrics',
  status: '/status',
  /** Mount point of the token volume: whole in the sidecar, one `<role>` folder in each other container. */
  tokens: '/var/run/secrets/rolechain.io',
  /** Folder of the state file, in the token volume. A role's name is a DNS label, so it can't begin with a dot. */
  stateFolder: '.state',
  stateFile: 'state.json',
  /** Mount point of the base identity's projected tokens, in the sidecar alone. */
  baseIdentity: '/var/run/rolechain/base-identity',
  podIdentityToken: 'pods.eks.amazonaws.com/token',
  irsaToken: 'sts.amazonaws.com/token',
  /** Mount point of the Secret behind `credentialSource: environment`, in the sidecar alone. */
  environment: '/var/run/rolechain/environment',
  /** Mount point of the Secrets behind `externalIDFrom`, one folder a Secret, in the sidecar alone. */
  externalIDs: '/var/run/rolechain/external-ids',
  /** Mount point of the pod's own API token and CA, for `serviceAccount`, in the sidecar alone. */
  apiAccess: '/var/run/rolechain/api-access',
  /** In both images. Their user may run this node but not read it: such a process isn't dumpable. */
  imageNode: '/rolechain/node',
  /** Loads the program that lies beside it, with V8's code cache of it (sidecar/src/runtime/loader.ts). */
  imageSidecar: '/rolechain/sidecar.cjs',
  imageProber: '/rolechain/prober.cjs',
  /** In the webhook's image, the same. */
  imageWebhook: '/rolechain/webhook.cjs',
  settings: '/etc/rolechain/settings.yaml',
} as const;

/** What the loader of each image finds beside itself; PATHS has the loaders. */
export const IMAGE_PROGRAMS = {
  sidecar: programOf('sidecar'),
  webhook: programOf('webhook'),
} as const;

function programOf(name: string): Readonly<Record<'program' | 'codeCache' | 'codeCacheMaker', string>> {
  const beside = `/rolechain/${name}-program`;
  return {
    program: `${beside}.cjs`,
    codeCache: `${beside}.cache`,
    codeCacheMaker: `/rolechain/make-${name}-code-cache.cjs`,
  };
}

/** What the prober is called with to judge the readiness in place of the start. */
export const PROBER_READINESS = 'readiness';

/** The path of a role's credentials on the loopback endpoint. */
export function credentialsPath(role: string): string {
  return `${PATHS.credentials}/${role}`;
}

/** The folder that holds a role's token; the same path in the sidecar and in the containers of that role. */
export function tokenFolder(role: string): string {
  return `${PATHS.tokens}/${role}`;
}

/** The token file of a role, as AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names it. */
export function tokenFile(role: string): string {
  return `${tokenFolder(role)}/token`;
}

/** Where the value of `externalIDFrom` stands in PATHS.externalIDs. A Secret's name can't hold a slash. */
export function externalIDFile({ name, key }: { readonly name: string; readonly key: string }): string {
  return `${name}/${key}`;
}
