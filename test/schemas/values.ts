/** Documents with every field, and values for each: at its limits, past them, and of other types. */
import { LIMITS } from '@rolechain/shared';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Map = Readonly<Record<string, Json>>;
export type Values = Readonly<Record<string, readonly Json[]>>;

const ARN = 'arn:aws:iam::222222222222:role/orders';
const of = (length: number, text = 'x'): string => text.repeat(length);
const many = (count: number, value: Json = 'v'): Map =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));
const list = (count: number): string[] => Array.from({ length: count }, (_, i) => `arn:aws:iam::aws:policy/P${i}`);
const regions = ['eu-west-1', 'us-gov-west-1', 'eu-isoe-west-1', 'eu-west', 'EU-WEST-1', of(40, 'a-1')];
const urls = ['http://h', 'h', 'urn:x', ' http://h ', `http://${of(2040)}`, `http://${of(2050)}`, 'http://[::1]:80/x'];

export const HOP = {
  roleARN: ARN,
  externalID: 'orders',
  sessionName: 'x-{pod}',
  duration: '45m',
  stsRegion: 'eu-west-1',
  policy: { Version: '2012-10-17' },
  policyARNs: list(2),
};

const { externalID: _, ...WITHOUT_ID } = HOP;

const HOP_FIELDS: Values = {
  roleARN: [ARN, `${ARN}${of(64)}`, `arn:aws-cn:iam::222222222222:role/${of(510)}/x`, `arn:aws:iam::1:role/x`, 'x', ''],
  externalID: [of(2), of(1224), of(1225), 'x', 'aZ09_+=,.@:/-', 'ä-ö', '😀', '12'],
  externalIDFrom: [{ secretKeyRef: { name: 'a', key: 'k' } }, { secretKeyRef: { name: 'A', key: 'k' } }, {}, []],
  sessionName: ['x', '{namespace}{pod}', '{pod', '{team}', '{{pod}}', '}', of(512), of(513), 'a b', 'ä'],
  duration: [900, 899, 3600, 3601, 900.5, '1h', '15m', '0h15m', '1m', '900', '90x', '', 'h', '000000900'],
  stsRegion: regions,
  tags: [
    {},
    many(50),
    many(51),
    { [of(128, '𠮷')]: of(256, '𠮷') },
    { [of(129)]: 'v' },
    { v: of(257) },
    { '': 'v' },
    { a: 1 },
    { 'a#': 'v' },
    { a: '{namespace}/{serviceAccount}' },
    { a: '{pod}' },
    { a: '{cluster' },
    { a: `{cluster}${of(503)}` },
    { a: `{cluster}${of(504)}` },
    { constructor: '', 'a b_.:/=+-@é٣': 'x' },
    [],
  ],
  transitiveTagKeys: [[], ['k0'], ['a#'], [1], Array.from({ length: 51 }, () => 'k0')],
  policy: [
    {},
    { Sid: of(2037) },
    { Sid: of(2038) },
    '{}',
    ' {"Sid": "ÿ"}\r\n',
    '[]',
    'word',
    '{',
    of(2049),
    '{"Sid": "Ā"}',
    [],
  ],
  policyARNs: [[], list(10), list(11), ['x'], [1], [`arn:aws-cn:iam::123456789012:policy/team/x`]],
};

const NAMES: readonly Json[] = ['a', of(63), of(64), of(253), of(254), 'a.b', 'A', '-a', ''];

export const DOCUMENT_VALUES: { readonly base: Map; readonly fields: Values } = {
  base: {
    ...WITHOUT_ID,
    externalIDFrom: { secretKeyRef: { name: 'a', key: 'k' } },
    region: 'eu-west-1',
    tags: {},
    transitiveTagKeys: [],
    sourceIdentity: 'orders',
    credentialSource: 'irsa',
    serviceAccount: { name: 'a' },
    webIdentity: 'never',
    startup: 'proceed',
  },
  fields: {
    ...HOP_FIELDS,
    region: regions,
    sourceIdentity: [of(2), of(64), of(65), 'x', 'a b', 'ä-'],
    credentialSource: ['auto', 'environment', 'other'],
    serviceAccount: [{ name: 'a', namespace: 'b' }, { name: 'A' }, { namespace: 'b' }, { name: 'a', kind: 'b' }, []],
    webIdentity: ['only', 'prefer', 'never', 'other'],
    startup: ['require', 'other'],
    via: [[], Array.from({ length: 5 }, () => HOP), Array.from({ length: 6 }, () => HOP), [ARN], [{}]],
    roles: [
      {},
      { a: { roleARN: ARN } },
      { default: { roleARN: ARN } },
      { 'A b': { roleARN: ARN } },
      many(31, { roleARN: ARN }),
      many(33, { roleARN: ARN }),
      { a: ARN },
      [],
    ],
    name: NAMES,
    namespace: NAMES,
    key: ['k', '_.-aA0', '', 'a b', of(254)],
  },
};

const text: readonly Json[] = ['x', '', of(300), 'ä b'];
const lists: readonly Json[] = [[], ['a'], [''], [1], ['a', 'b']];
const flags: readonly Json[] = [true, false, 'true', 0];
const ports: readonly Json[] = [0, 1, 28_173, 65_535, 65_536, -1, '443'];
const path: readonly Json[] = ['/a/b', '/', 'a', '/a/', '/a/../b', `/${of(1023)}`, `/${of(1024)}`];

export const SETTINGS_VALUES: { readonly base: Map; readonly fields: Values } = {
  base: {
    region: 'eu-west-1',
    cluster: 'prod',
    sidecarImage: 'image',
    imagePullSecrets: ['a'],
    conflicts: 'warn',
    meshContainers: ['a'],
    environmentSource: { secretName: 'a', namespaces: ['b'] },
    otherServiceAccounts: true,
    fluxAlias: true,
    namespaceDefaultRole: true,
    allowedRolesPolicy: 'required',
    mode: 'audit',
    allowedServiceAccounts: [{ namespace: 'a', name: 'b-*' }],
    credentialSources: ['irsa'],
    maxSessionDuration: '45m',
    defaultTags: { a: '{namespace}' },
    forcedTags: { b: 'c' },
    agentEndpoints: ['http://h'],
    eksWebhook: {
      annotationPrefix: 'eks.example.com',
      tokenMountPath: '/a',
      containerCredentialsTokenMountPath: '/b',
      containerCredentialsTokenPath: 'c',
      containerCredentialsTokenVolumeName: 'd',
    },
    stsEndpoint: 'https://sts.{region}.example.com',
    useDualstackEndpoint: false,
    containersUseDualstackEndpoint: false,
    useFIPSEndpoint: false,
    loopbackNoProxy: true,
    declareMetricsPort: true,
    startup: 'require',
    readiness: 'credentials',
    events: false,
    veleroExclude: false,
    sidecarEnvironment: { HTTPS_PROXY: 'http://p', NODE_USE_ENV_PROXY: '1' },
    sidecarUser: 'unset',
    address: '::',
    port: 9443,
    healthPort: 9080,
    serviceName: 'a',
    certDir: '/d',
    certificateSecret: 'b',
    webhookConfiguration: 'c',
    logLevel: 'debug',
  },
  fields: {
    region: regions,
    cluster: text,
    sidecarImage: text,
    imagePullSecrets: [...lists, Array.from({ length: 8 }, () => 'a'), Array.from({ length: 9 }, () => 'a'), ['A']],
    conflicts: ['refuse', 'other'],
    meshContainers: lists,
    environmentSource: [{}, [], { secretName: '' }, { namespaces: [] }, { colour: 1 }],
    otherServiceAccounts: flags,
    fluxAlias: flags,
    namespaceDefaultRole: flags,
    allowedRolesPolicy: ['optional', 'other'],
    mode: ['enforce', 'other'],
    allowedServiceAccounts: [
      [],
      [{ namespace: 'a' }],
      [{ name: 'a' }],
      ['a'],
      [{ namespace: 'a', kind: 'b' }],
      Array.from({ length: 100 }, () => ({ namespace: 'a' })),
      Array.from({ length: 101 }, () => ({ namespace: 'a' })),
    ],
    namespace: ['*', 'a-*', 'A', 'a[', '', of(253), of(254)],
    name: ['*', 'a.*', 'A', '?', ''],
    credentialSources: [[], ['irsa', 'pod-identity', 'environment'], ['auto'], ['irsa', 'irsa', 'irsa', 'irsa']],
    maxSessionDuration: HOP_FIELDS.duration ?? [],
    defaultTags: HOP_FIELDS.tags ?? [],
    forcedTags: HOP_FIELDS.tags ?? [],
    agentEndpoints: [urls, ...urls.map((url) => [url]), [], Array.from({ length: 9 }, () => 'http://h')],
    eksWebhook: [{}, [], { colour: 1 }],
    annotationPrefix: ['a.b', 'rolechain.io', 'A', ''],
    tokenMountPath: path,
    containerCredentialsTokenMountPath: path,
    containerCredentialsTokenPath: ['a', '..', '.', 'a/b', '', of(1024), of(1025)],
    containerCredentialsTokenVolumeName: ['a', 'rolechain', 'rolechain-x', of(63), of(64), 'a.b'],
    stsEndpoint: [...urls, 'https://{zone}', 'https://sts.{region}'],
    useDualstackEndpoint: flags,
    sidecarEnvironment: [{}, { NO_PROXY: 'x' }, { PATH: 'x' }, { NO_PROXY: '' }, { NO_PROXY: 1 }, []],
    sidecarUser: ['fixed', 'other'],
    readiness: ['none', 'other'],
    startup: ['proceed', 'other'],
    certDir: path,
    address: text,
    port: ports,
    healthPort: ports,
    logLevel: ['trace', 'silent', 'other'],
  },
};

const CONFIG_HOP = {
  roleARN: ARN,
  externalID: 'orders',
  sessionName: 'x-{pod}',
  durationSeconds: 900,
  stsRegion: 'eu-west-1',
  tags: { team: 'x' },
  transitiveTagKeys: ['team'],
  policy: '{}',
  policyARNs: list(1),
  sourceIdentity: 'orders',
};
const TOKEN = { type: 'token-request', namespace: 'a', name: 'b', audience: 'c' };

export const CONFIG_VALUES: { readonly base: Map; readonly fields: Values } = {
  base: {
    version: 1,
    grammar: 'flux',
    namespace: 'a',
    serviceAccount: 'b',
    cluster: 'c',
    ports: { credentials: 1, health: 2 },
    agentEndpoints: ['http://h'],
    stsEndpoint: 'https://sts.{region}',
    useFIPSEndpoint: true,
    useDualstackEndpoint: true,
    roles: {
      default: {
        source: { type: 'irsa', roleARN: ARN, stsRegion: 'eu-west-1', token: TOKEN },
        startup: 'require',
        token: of(43),
        hops: [CONFIG_HOP],
      },
      direct: {
        webIdentity: { mode: 'only', token: { type: 'projected' } },
        startup: 'proceed',
        hops: [{ roleARN: ARN, sessionName: 'x', durationSeconds: LIMITS.durationMaxSeconds, stsRegion: 'eu-west-1' }],
      },
    },
  },
  fields: {
    ...HOP_FIELDS,
    roleARN: [...(HOP_FIELDS.roleARN ?? []), 'arn:aws:iam::1:role/a b', 'arn:aws_x:iam::222222222222:role/x'],
    durationSeconds: [900, 899, 3600, 43_200, 43_201, '900', '15m', 900.5],
    policy: ['{}', {}, 'word', '{"Sid": "ÿ"}', of(2049)],
    sourceIdentity: DOCUMENT_VALUES.fields.sourceIdentity ?? [],
    version: [1, 2, '1'],
    grammar: ['flux', 'rolechain'],
    namespace: text,
    serviceAccount: text,
    cluster: text,
    credentials: ports,
    health: ports,
    agentEndpoints: [...urls.map((url) => [url]), [], Array.from({ length: 9 }, () => 'http://h')],
    stsEndpoint: [...urls, 'https://{zone}'],
    useFIPSEndpoint: flags,
    startup: ['proceed', 'other'],
    token: [of(43), of(42), of(43, 'ä'), { type: 'projected' }, TOKEN, { type: 'other' }],
    source: [
      { type: 'auto', stsRegion: 'eu-west-1' },
      { type: 'auto' },
      { type: 'pod-identity' },
      { type: 'environment', roleARN: ARN },
      { type: 'other' },
      {},
      [],
    ],
    webIdentity: [{ mode: 'prefer', token: { type: 'projected' } }, { mode: 'never', token: TOKEN }, {}, []],
    mode: ['only', 'prefer', 'never'],
    type: ['auto', 'irsa', 'projected', 'pod-identity', 'other'],
    name: NAMES,
    audience: text,
    hops: [[], Array.from({ length: 7 }, () => CONFIG_HOP), [{}]],
    roles: [{}, { 'A b': {} }, many(33, {}), []],
  },
};
