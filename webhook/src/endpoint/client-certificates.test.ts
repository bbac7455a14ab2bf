/** Who is answered under the settings clientCA and clientNames, over real TLS. */
import { once } from 'node:events';
import { connect, type TLSSocket, type ConnectionOptions } from 'node:tls';
import { makeAuthority, makeLeaf, type KeyPair } from '@rolechain/certs';
import { makeClientCertificate } from '@rolechain/certs/testing/client-certificate.ts';
import { isSecret } from '@rolechain/kit/record.ts';
import { describeCA, caProblems } from '../settings/client-ca.ts';
import { setCertificate } from './server.ts';
import { SERVER_NAME, testAuthority, type Authority } from '../testing/https.ts';
import { errorOf, responseOf, review, startServer, type TestServer } from '../testing/server.ts';

const now = new Date();
const HOUR_MS = 3_600_000;
let serving: Authority;
let callers: KeyPair;
let others: KeyPair;
let apiserver: KeyPair;
let running: TestServer;
const sockets: TLSSocket[] = [];

const client = async (authority: KeyPair, commonName: string, when = now): Promise<KeyPair> => {
  const pair = await makeClientCertificate({ authority, commonName, now: when });
  isSecret('private key', pair.key);
  return pair;
};

beforeAll(async () => {
  serving = await testAuthority();
  callers = await makeAuthority({ now, commonName: 'callers' });
  others = await makeAuthority({ now, commonName: 'callers' });
  for (const { key } of [callers, others]) isSecret('private key', key);
  apiserver = await client(callers, 'kube-apiserver');
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  // It may be closed already.
  await running.server.close();
});

const start = async (names: readonly string[] = []): Promise<TestServer> =>
  (running = await startServer(serving, { clients: { ca: callers.certificate, names } }));
const by = (pair: KeyPair | undefined): object => (pair ? { options: { cert: pair.certificate, key: pair.key } } : {});
/** `answered`, or status and code. */
const asked = async (pair: KeyPair | undefined, path = '/mutate'): Promise<string> => {
  const answer = await running.mutate(review(), { path, ...by(pair) });
  return answer.status === 200 ? 'answered' : errorOf(answer);
};

test('a caller with a certificate of the CA is answered', async () => {
  await start();
  const answer = await running.mutate(review(), by(apiserver));
  expect(responseOf(answer).patchType).toBe('JSONPatch');
  expect(await asked(apiserver, '/validate')).toBe('answered');
});

test('others get a code, and nothing is looked up for them', async () => {
  let looked = 0;
  running = await startServer(serving, {
    clients: { ca: callers.certificate, names: [] },
    lookup: () => {
      looked++;
      return Promise.resolve(undefined);
    },
  });
  const serverOnly = await makeLeaf({ authority: callers, dnsNames: ['kube-apiserver'], now });
  const outcomes = await Promise.all([
    asked(undefined),
    asked(undefined, '/validate'),
    // The CA has the same name, and another key.
    client(others, 'kube-apiserver').then((pair) => asked(pair)),
    client(callers, 'kube-apiserver', new Date(now.getTime() - 2 * HOUR_MS)).then((pair) => asked(pair)),
    client(callers, 'kube-apiserver', new Date(now.getTime() + 2 * HOUR_MS)).then((pair) => asked(pair)),
    // Not meant for clients.
    asked(serverOnly),
  ]);
  expect(outcomes).toEqual(Array(6).fill('401 CallerUnknown'));
  expect(looked).toBe(0);
  const failed = await running.options.metrics.registry.getSingleMetricAsString('rolechain_admission_errors_total');
  expect(failed).toContain('{code="CallerUnknown"} 6');
});

test('with clientNames, a certificate of another name is forbidden', async () => {
  await start(['kube-apiserver', 'other']);
  expect(await asked(apiserver)).toBe('answered');
  expect(await asked(await client(callers, 'kube-scheduler'))).toBe('403 CallerForbidden');
  expect(await asked(undefined)).toBe('401 CallerUnknown');
});

test('a body is not waited for, and the connection ends', async () => {
  await start();
  const socket = await dial();
  socket.write('POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{');
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1.1 401 .*connection: close.*"CallerUnknown"/is);
});

test('health is for everybody', async () => {
  await start();
  expect((await running.ask({ path: '/healthz' })).status).toBe(200);
});

/** A connection without a certificate, or as `options` say. */
async function dial(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port: running.port,
    servername: SERVER_NAME,
    ca: serving.ca,
    ...options,
  });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket;
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s that is resumed makes nobody known', async (version) => {
  await start();
  const versions = { minVersion: version, maxVersion: version };
  const first = await dial(versions);
  // Of TLS 1.2 it is there with the handshake, of 1.3 a message later.
  const sessions = [first.getSession()].filter((session) => session !== undefined && version === 'TLSv1.2');
  first.on('session', (session) => sessions.push(session));
  first.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(first, 'data');
  const body = review();
  expect(sessions.length).toBeGreaterThan(0);
  for (const session of sessions) {
    const again = await dial({ ...versions, ...(session ? { session } : {}) });
    expect(again.isSessionReused()).toBe(true);
    again.write(`POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const [answer] = (await once(again, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1.1 401 /);
  }
});

test('a new serving certificate changes nothing of that', async () => {
  await start();
  setCertificate(running.server, await serving.issue(), running.options.clients);
  expect([await asked(apiserver), await asked(undefined)]).toEqual(['answered', '401 CallerUnknown']);
});

describe('the text of clientCA', () => {
  const problems = (pem: string): string[] => caProblems('clientCA', pem).map(({ code, text }) => `${code} ${text}`);

  test('may be several certificates, with words between them', () => {
    const bundle = `# one\n${callers.certificate}\nand another\n${others.certificate}`;
    expect(problems(bundle)).toEqual([]);
    expect(describeCA(bundle)).toEqual(Array(2).fill(expect.stringMatching(/^CN=callers, until .* GMT$/)));
  });

  test.each<[string, () => string, string]>([
    ['no PEM', () => 'callers', 'FieldWrongType is not made of PEM certificates'],
    ['a block that is cut', () => callers.certificate.slice(0, -40), 'FieldWrongType is not made of PEM certificates'],
    [
      'another kind of block',
      () => callers.certificate.replaceAll('CERTIFICATE', 'PUBLIC KEY'),
      'FieldWrongType is not made of PEM certificates',
    ],
    ['a private key', () => callers.certificate + callers.key, 'FieldOutOfRange holds a private key'],
    [
      'nonsense in a block',
      () => `${callers.certificate}${callers.certificate.replace('MII', '')}`,
      "FieldOutOfRange has a certificate 2 that can't be read",
    ],
    ['the certificate itself', () => apiserver.certificate, "FieldOutOfRange has a certificate 1 that is not a CA's"],
  ])('%s is a problem', (_name, pem, expected) => {
    expect(problems(pem())).toEqual([expected]);
  });
});
