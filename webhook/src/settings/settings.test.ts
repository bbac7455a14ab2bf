import { makeAuthority } from '@rolechain/certs';
import fc from 'fast-check';
import { EKS_FLAGS, MESH_CONTAINERS, PORTS, formatProblems } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import { IMAGE, parse, problemsOf } from '../testing/settings-text.ts';
import { SETTINGS_FIELDS, parseSettings } from './settings.ts';

const textOf = (yaml: string): string => {
  const settings = parseSettings(yaml);
  return settings.ok ? '' : formatProblems(settings.problems);
};

const warned = jest.spyOn(process, 'emitWarning');
// A library's warning would be a line of its own beside the one that says what is wrong.
afterEach(() => expect(warned).not.toHaveBeenCalled());

test('the image alone is enough: the rest has defaults', () => {
  expect(parse(IMAGE)).toEqual({
    sidecarImage: 'registry.example/sidecar@sha256:0',
    imagePullSecrets: [],
    events: true,
    conflicts: 'refuse',
    meshContainers: MESH_CONTAINERS,
    environmentSource: { secretName: 'rolechain-environment', namespaces: [] },
    otherServiceAccounts: false,
    fluxAlias: false,
    namespaceDefaultRole: false,
    useDualstackEndpoint: false,
    containersUseDualstackEndpoint: false,
    useFIPSEndpoint: false,
    declareMetricsPort: false,
    startup: 'proceed',
    readiness: 'none',
    loopbackNoProxy: false,
    veleroExclude: true,
    sidecarEnvironment: {},
    allowedRolesPolicy: 'optional',
    mode: 'enforce',
    allowedServiceAccounts: [{ namespace: '*', name: '*' }],
    credentialSources: ['pod-identity', 'irsa', 'environment'],
    maxSessionDuration: 43_200,
    defaultTags: {},
    forcedTags: {},
    sidecarUser: 'fixed',
    agentEndpoints: ['http://169.254.170.23/v1/credentials', 'http://[fd00:ec2::23]/v1/credentials'],
    eksWebhook: EKS_FLAGS,
    address: '::',
    port: PORTS.webhook,
    healthPort: PORTS.webhookHealth,
    clientNames: [],
    serviceName: 'rolechain-webhook',
    certificateSecret: 'rolechain-webhook-tls',
    webhookConfiguration: 'rolechain',
    logLevel: 'info',
  });
});

test('every field is read', async () => {
  const { certificate: clientCA } = await makeAuthority({ now: new Date(), commonName: 'test CA' });
  const all = {
    clientCA,
    clientNames: ['kube-apiserver'],
    sidecarImage: 'i',
    imagePullSecrets: ['registry', 'mirror.example'],
    region: 'eu-central-1',
    cluster: 'prod',
    conflicts: 'warn',
    declareMetricsPort: true,
    startup: 'require',
    readiness: 'credentials',
    loopbackNoProxy: true,
    veleroExclude: false,
    meshContainers: ['proxy'],
    environmentSource: { secretName: 's', namespaces: ['lab'] },
    otherServiceAccounts: true,
    fluxAlias: true,
    namespaceDefaultRole: true,
    useDualstackEndpoint: false,
    containersUseDualstackEndpoint: true,
    useFIPSEndpoint: false,
    sidecarEnvironment: { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://proxy.example:3128' },
    allowedRolesPolicy: 'required',
    mode: 'audit',
    allowedServiceAccounts: [{ namespace: 'team-*', name: 'orders' }],
    credentialSources: ['irsa'],
    maxSessionDuration: 1800,
    defaultTags: { cluster: '{cluster}' },
    forcedTags: { owner: '{namespace}/{serviceAccount}' },
    sidecarUser: 'unset',
    events: false,
    agentEndpoints: ['http://127.0.0.1:1/'],
    eksWebhook: {
      annotationPrefix: 'iam.example.com',
      tokenMountPath: '/a',
      containerCredentialsTokenMountPath: '/b/c',
      containerCredentialsTokenPath: 'd',
      containerCredentialsTokenVolumeName: 'e',
    },
    stsEndpoint: 'https://sts.{region}.example',
    address: '127.0.0.1',
    port: 1,
    healthPort: 2,
    serviceName: 'a',
    certDir: '/d',
    certificateSecret: 'b',
    webhookConfiguration: 'c',
    logLevel: 'debug',
  };
  expect(Object.keys(all).sort()).toEqual(Object.keys(SETTINGS_FIELDS).sort());
  expect(parse(JSON.stringify(all))).toEqual(all);
});

test('a part of environmentSource leaves the other its default', () => {
  expect(parse(`${IMAGE}environmentSource: {namespaces: [lab]}`).environmentSource).toEqual({
    secretName: 'rolechain-environment',
    namespaces: ['lab'],
  });
});

test('a part of eksWebhook leaves the others their defaults', () => {
  const { eksWebhook } = parse(`${IMAGE}eksWebhook: {annotationPrefix: iam.example.com}`);
  expect(eksWebhook).toEqual({ ...EKS_FLAGS, annotationPrefix: 'iam.example.com' });
});

test.each([
  ['sidecarImage: 5', 'sidecarImage FieldWrongType'],
  ['sidecarImage: ""', 'sidecarImage FieldOutOfRange'],
  [`${IMAGE}region:`, 'region FieldWrongType'],
  [`${IMAGE}cluster: 5`, 'cluster FieldWrongType'],
  [`${IMAGE}conflicts: ignore`, 'conflicts FieldWrongType'],
  [`${IMAGE}meshContainers: proxy`, 'meshContainers FieldWrongType'],
  [`${IMAGE}meshContainers: [a, 5]`, 'meshContainers.1 FieldWrongType'],
  [`${IMAGE}environmentSource: true`, 'environmentSource FieldWrongType'],
  [`${IMAGE}environmentSource: []`, 'environmentSource FieldWrongType'],
  [`${IMAGE}environmentSource: {namespaces: lab}`, 'environmentSource.namespaces FieldWrongType'],
  [`${IMAGE}environmentSource: {secretname: x}`, 'environmentSource.secretname FieldUnknown'],
  [`${IMAGE}otherServiceAccounts: "true"`, 'otherServiceAccounts FieldWrongType'],
  [`${IMAGE}allowedRolesPolicy: never`, 'allowedRolesPolicy FieldWrongType'],
  [`${IMAGE}startup: never`, 'startup FieldWrongType'],
  [`${IMAGE}readiness: true`, 'readiness FieldWrongType'],
  [`${IMAGE}sidecarUser: 1000`, 'sidecarUser FieldWrongType'],
  [`${IMAGE}agentEndpoints: []`, 'agentEndpoints FieldOutOfRange'],
  [`${IMAGE}agentEndpoints: [127.0.0.1]`, 'agentEndpoints.0 FieldOutOfRange'],
  [`${IMAGE}eksWebhook: iam.example.com`, 'eksWebhook FieldWrongType'],
  [`${IMAGE}eksWebhook: []`, 'eksWebhook FieldWrongType'],
  [`${IMAGE}eksWebhook: {prefix: a}`, 'eksWebhook.prefix FieldUnknown'],
  [`${IMAGE}eksWebhook: {annotationPrefix: a/b}`, 'eksWebhook.annotationPrefix FieldOutOfRange'],
  [`${IMAGE}eksWebhook: {annotationPrefix: rolechain.io}`, 'eksWebhook.annotationPrefix FieldOutOfRange'],
  [
    `${IMAGE}eksWebhook: {containerCredentialsTokenVolumeName: rolechain-x}`,
    'eksWebhook.containerCredentialsTokenVolumeName FieldOutOfRange',
  ],
  [`${IMAGE}eksWebhook: {tokenMountPath: a}`, 'eksWebhook.tokenMountPath FieldOutOfRange'],
  [`${IMAGE}eksWebhook: {tokenMountPath: /}`, 'eksWebhook.tokenMountPath FieldOutOfRange'],
  [
    `${IMAGE}eksWebhook: {containerCredentialsTokenMountPath: /a/}`,
    'eksWebhook.containerCredentialsTokenMountPath FieldOutOfRange',
  ],
  [
    `${IMAGE}eksWebhook: {containerCredentialsTokenPath: a/b}`,
    'eksWebhook.containerCredentialsTokenPath FieldOutOfRange',
  ],
  [
    `${IMAGE}eksWebhook: {containerCredentialsTokenVolumeName: A}`,
    'eksWebhook.containerCredentialsTokenVolumeName FieldOutOfRange',
  ],
  [`${IMAGE}stsEndpoint: sts.example`, 'stsEndpoint FieldOutOfRange'],
  [`${IMAGE}stsEndpoint: "https://sts.{zone}.example"`, 'stsEndpoint FieldOutOfRange'],
  [`${IMAGE}imagePullSecrets: registry`, 'imagePullSecrets FieldWrongType'],
  [`${IMAGE}imagePullSecrets: [Registry]`, 'imagePullSecrets.0 FieldOutOfRange'],
  [`${IMAGE}imagePullSecrets: [a, b, c, d, e, f, g, h, i]`, 'imagePullSecrets FieldOutOfRange'],
  [`${IMAGE}address: 1`, 'address FieldWrongType'],
  [`${IMAGE}port: 65536`, 'port FieldOutOfRange'],
  [`${IMAGE}port: "9443"`, 'port FieldWrongType'],
  [`${IMAGE}healthPort: 1.5`, 'healthPort FieldOutOfRange'],
  [`${IMAGE}healthPort: 9443`, 'healthPort FieldConflict'],
  [`${IMAGE}serviceName: ""`, 'serviceName FieldOutOfRange'],
  [`${IMAGE}certDir: tls`, 'certDir FieldOutOfRange'],
  [`${IMAGE}certificateSecret: []`, 'certificateSecret FieldWrongType'],
  [`${IMAGE}webhookConfiguration: {}`, 'webhookConfiguration FieldWrongType'],
  [`${IMAGE}logLevel: loud`, 'logLevel FieldWrongType'],
  [`${IMAGE}clientCA: nonsense`, 'clientCA FieldWrongType'],
  [`${IMAGE}clientCA: ""`, 'clientCA FieldOutOfRange'],
  [`${IMAGE}clientNames: kube-apiserver`, 'clientNames FieldWrongType'],
  [`${IMAGE}clientNames: [kube-apiserver]`, 'clientNames FieldConflict'],
  ['', 'sidecarImage FieldMissing'],
  ['5', ' FieldWrongType'],
  ['[a]', ' DocumentWrongType'],
])('%j names the field', (yaml, expected) => expect(problemsOf(yaml)).toEqual([expected]));

test('all problems are told at once, each with what the field takes', () => {
  expect(textOf('port: x\nlogLevel: loud\nenvironmentSource: 5')).toMatch(
    /^sidecarImage is missing; .* environmentSource is 5, but takes secretName and namespaces; .* port is "x", but takes a port; .* logLevel is "loud", but takes one of trace, /,
  );
});

test('a document that is not a map says what it should be', () => {
  expect(textOf('5')).toMatch(/^it is 5, but takes a map of fields; /);
  expect(textOf('[a]')).toMatch(/^it is a list, but takes a map of fields; write `field: value` /);
});

test('an unknown field draws the nearest known one, and several draw one each', () => {
  expect(textOf(`${IMAGE}healthport: 1`)).toBe(
    'healthport is not a field of this version; did you mean healthPort? (FieldUnknown)',
  );
  expect(problemsOf(`${IMAGE}alpha: 1\nbeta: 2`)).toEqual(['alpha FieldUnknown', 'beta FieldUnknown']);
});

test.each([
  ['no end of a list', 'a: ['],
  ['a tab', 'a:\n\t- b'],
  ['a key twice', `${IMAGE}${IMAGE}`],
  ['two documents', `${IMAGE}---\n${IMAGE}`],
  ['a tag of a template language', 'sidecarImage: !Ref image'],
  ['an alias of nothing', 'sidecarImage: *image'],
  ['a reserved character', 'sidecarImage: @image'],
])('%s is not YAML for us, in one line', (_name, yaml) => {
  expect(problemsOf(yaml)).toEqual([' DocumentUnreadable']);
  expect(textOf(yaml)).not.toContain('\n');
});

test("a template that wasn't filled in names what it left", () => {
  expect(problemsOf('{{ .Values.image }}')).toContain('sidecarImage FieldMissing');
});

test('aliases that multiply are not expanded', () => {
  const level = (i: number): string =>
    `l${i}: &l${i} [${Array(9)
      .fill(`*l${i - 1}`)
      .join(',')}]\n`;
  const bomb = `l0: &l0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => level(i + 1)).join('')}`;
  expect(problemsOf(bomb)).toEqual([' DocumentUnreadable']);
});

test.each(['__proto__', 'constructor', 'toString'])('%s is an unknown field like any other', (key) => {
  expect(problemsOf(`${IMAGE}${key}: {sidecarImage: x}`)).toEqual([`${key} FieldUnknown`]);
  expect(({} as { sidecarImage?: unknown }).sidecarImage).toBeUndefined();
});

test('no text throws', () => {
  const pieces = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '[',
    '{',
    '*',
    '&',
    '!',
    '"',
    '|',
    '- ',
    'sidecarImage',
    '<<',
    '0x',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(pieces).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(texts, (yaml) => expect(typeof parseSettings(yaml).ok).toBe('boolean')),
    { numRuns: runs(1000) },
  );
});

test('an STS endpoint of its own excludes those of the Region, and only variables of Node are taken', () => {
  expect(
    problemsOf(`${IMAGE}stsEndpoint: https://sts.example\nuseFIPSEndpoint: true\nuseDualstackEndpoint: true`),
  ).toEqual(['useFIPSEndpoint FieldConflict', 'useDualstackEndpoint FieldConflict']);
  expect(problemsOf(`${IMAGE}sidecarEnvironment: {AWS_ACCESS_KEY_ID: x}`)).toEqual([
    'sidecarEnvironment.AWS_ACCESS_KEY_ID FieldOutOfRange',
  ]);
});

test.each([
  [
    'eu-central1',
    /region is "eu-central1", but takes the name of an AWS Region, such as eu-central-1 \(did you mean eu-central-1\?\);/,
  ],
  ['eu-centrall-1', /\(did you mean eu-central-1\?\)/],
  ['Frankfurt', /region is "Frankfurt", but takes the name of an AWS Region, such as eu-central-1; write/],
  ['""', /region is ""/],
])('region: %s is none, and is refused at start', (region, text) => {
  expect(problemsOf(`${IMAGE}region: ${region}`)).toEqual(['region FieldOutOfRange']);
  expect(textOf(`${IMAGE}region: ${region}`)).toMatch(text);
});

test.each(['us-isoc-east-1', 'eu-central-9', 'xx-somewhere-1'])(
  'region: %s may be a Region that came later',
  (region) => {
    expect(parse(`${IMAGE}region: ${region}`).region).toBe(region);
  },
);
