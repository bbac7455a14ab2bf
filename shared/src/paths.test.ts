import { DEFAULT_ROLE, DNS_LABEL } from './kubernetes.ts';
import { credentialsPath, PATHS, tokenFile, tokenFolder } from './paths.ts';

test('a role has a path on the endpoint, and a folder and file for its token', () => {
  expect(credentialsPath('audit')).toBe('/v1/credentials/audit');
  expect(tokenFolder('audit')).toBe('/var/run/secrets/rolechain.io/audit');
  expect(tokenFile('audit')).toBe('/var/run/secrets/rolechain.io/audit/token');
});

test('the folder of the state file can be that of no role', () => {
  expect(DNS_LABEL.test(PATHS.stateFolder)).toBe(false);
  expect(DNS_LABEL.test(DEFAULT_ROLE)).toBe(true);
});

test('no mount point lies within another one', () => {
  const points = [PATHS.tokens, PATHS.baseIdentity, PATHS.environment];
  for (const one of points) {
    for (const other of points) expect(one !== other && `${one}/`.startsWith(`${other}/`)).toBe(false);
  }
});

test.each(Object.entries(PATHS).filter(([, path]) => path.startsWith('/')))('%s is a clean path', (_name, path) => {
  expect(path).toMatch(/^(\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/);
});
