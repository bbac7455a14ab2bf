import { writeSidecarConfig, type SidecarConfig } from '@rolechain/shared';
import { closeEnvironment, readInputs } from './process-env.ts';

const CONFIG: SidecarConfig = {
  version: 1,
  namespace: 'shop',
  serviceAccount: 'orders',
  ports: { credentials: 28173, health: 28174 },
  agentEndpoints: ['http://169.254.170.23/v1/credentials'],
  roles: {
    default: {
      source: { type: 'pod-identity' },
      startup: 'proceed',
      hops: [
        {
          roleARN: 'arn:aws:iam::222222222222:role/orders',
          sessionName: '{namespace}.{pod}',
          durationSeconds: 3600,
          stsRegion: 'eu-central-1',
          externalID: 'our-secret',
        },
      ],
    },
  },
};
const ENVIRONMENT = { ROLECHAIN_CONFIG: writeSidecarConfig(CONFIG), ROLECHAIN_POD_NAME: 'orders-1' };

test('a whole environment', () => {
  const more = {
    ROLECHAIN_POD_IP: 'fd00::1',
    ROLECHAIN_POD_IDENTITY_LABEL: 'enabled',
    ROLECHAIN_LOG_LEVEL: 'debug',
    ROLECHAIN_ROOT: '/tmp/x',
    KUBERNETES_SERVICE_HOST: '10.0.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: 'http://proxy:3128',
  };
  expect(readInputs({ ...ENVIRONMENT, ...more })).toEqual({
    inputs: {
      config: CONFIG,
      pod: { podName: 'orders-1', podIdentityLabel: 'enabled' },
      podIP: 'fd00::1',
      logLevel: 'debug',
      root: '/tmp/x',
      apiserver: { host: '10.0.0.1', port: '443' },
      proxyEnv: expect.objectContaining({ HTTPS_PROXY: 'http://proxy:3128' }),
    },
  });
});

test('outside a pod: loopback, the host name, no label, no prefix', () => {
  expect(readInputs({ ROLECHAIN_CONFIG: ENVIRONMENT.ROLECHAIN_CONFIG })).toMatchObject({
    inputs: { podIP: '127.0.0.1', pod: { podName: expect.stringMatching(/./), podIdentityLabel: '' }, root: '' },
  });
});

function without(field: string): string {
  const copy = JSON.parse(JSON.stringify(CONFIG)) as { roles: { default: { hops: Record<string, unknown>[] } } };
  delete copy.roles.default.hops[0]?.[field];
  return JSON.stringify(copy);
}

test.each<[string, Record<string, string>, RegExp[]]>([
  ['no configuration', { ROLECHAIN_CONFIG: '' }, [/^ROLECHAIN_CONFIG is missing; .*FieldMissing/]],
  ['no JSON', { ROLECHAIN_CONFIG: '{' }, [/^ROLECHAIN_CONFIG is not valid JSON; .*DocumentUnreadable/]],
  [
    'a field missing',
    { ROLECHAIN_CONFIG: without('stsRegion') },
    [/ROLECHAIN_CONFIG\.roles\.default\.hops\.0\.stsRegion is missing/],
  ],
  ['no address', { ROLECHAIN_POD_IP: 'somewhere' }, [/^ROLECHAIN_POD_IP takes an IP address/]],
  [
    'everything at once',
    { ROLECHAIN_POD_IP: 'somewhere', ROLECHAIN_CONFIG: without('roleARN') },
    [/ROLECHAIN_POD_IP takes/, /hops\.0\.roleARN is missing/],
  ],
])('%s: one line that names it, and no secret', (_name, change, patterns) => {
  const read = readInputs({ ...ENVIRONMENT, ...change });
  const text = 'invalid' in read ? read.invalid : '';
  for (const pattern of patterns) expect(text).toMatch(pattern);
  expect(text).not.toMatch(/\n|our-secret/);
});

test('nothing that an SDK reads is left in the environment, and the node is out of reach', () => {
  const env = { AWS_ROLE_ARN: 'x', AWS_WEB_IDENTITY_TOKEN_FILE: 'x', AWS_EC2_METADATA_DISABLED: 'false', PATH: '/bin' };
  closeEnvironment(env);
  expect(env).toEqual({
    PATH: '/bin',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  });
});
