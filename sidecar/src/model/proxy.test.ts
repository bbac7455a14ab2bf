import { readProxyEnv } from './proxy.ts';

const PROXY = 'http://proxy:3128';

test.each<[string, Record<string, string>]>([
  ['not asked for', { HTTPS_PROXY: PROXY }],
  ['asked for with another value', { NODE_USE_ENV_PROXY: 'true', HTTPS_PROXY: PROXY }],
  ['asked for and not named', { NODE_USE_ENV_PROXY: '1', NO_PROXY: 'x' }],
  ['named with nothing', { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: '' }],
])('%s: none', (_name, env) => {
  expect(readProxyEnv(env)).toBeUndefined();
});

test.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'])('%s: what is on the node is excepted', (name) => {
  const env = readProxyEnv({ NODE_USE_ENV_PROXY: '1', [name]: PROXY, NO_PROXY: 'a.example, b.example', OTHER: 'x' });
  expect(env?.[name]).toBe(PROXY);
  const excepted = ['a.example', 'b.example', '127.0.0.1', 'localhost', '::1', '169.254.170.23', 'fd00:ec2::23'];
  expect([env?.no_proxy?.split(','), env?.NO_PROXY?.split(',')]).toEqual([excepted, excepted]);
  expect(env).not.toHaveProperty('OTHER');
});
