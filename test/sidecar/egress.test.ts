/** An egress proxy and a private CA, by Node's own settings: STS goes through them, and nothing else does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { makeAuthority, makeLeaf } from '@rolechain/certs';
import { answerOf, codeOf, useBench } from './bench.ts';
import { eventually } from './harness.ts';

const bench = useBench();
/** A name that only the proxy knows. */
const STS = 'sts.vpc.example';

let folder: string;
let authority: string;
let proxy: Proxy;
let front: { readonly port: number; close(): void };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rolechain-egress-'));
  const now = new Date();
  const issuer = await makeAuthority({ now, commonName: 'private' });
  const { certificate: cert, key } = await makeLeaf({ authority: issuer, now, dnsNames: [STS] });
  authority = join(folder, 'ca.crt');
  writeFileSync(authority, issuer.certificate);
  front = await startTlsFront(cert, key, bench.sts.port);
  proxy = await startProxy(front.port);
});
afterEach(() => {
  proxy.close();
  front.close();
  rmSync(folder, { recursive: true, force: true });
});

test('STS through the proxy, trusted by the private CA; the agent and loopback directly', async () => {
  const env = {
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxy.url,
    HTTP_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: authority,
  };
  const sidecar = await bench.start({ env, stsEndpoint: `https://${STS}` });
  await answerOf(sidecar, 200);
  expect(proxy.seen).toEqual([`CONNECT ${STS}:443`]);
  expect(bench.sts.requests.map((request) => [request.signature, request.answer])).toEqual([['valid', 'ok']]);
  expect(bench.agent.requests).toHaveLength(1);
});

test('an STS on loopback, and what NO_PROXY names, directly', async () => {
  const env = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
  await answerOf(await bench.start({ env }), 200);
  const excepted = await bench.start({ env: { ...env, NO_PROXY: STS }, stsEndpoint: `https://${STS}` });
  await eventually('no such name', async () => codeOf(await excepted.ask()) === '503 StsUnreachable');
  expect(proxy.seen).toEqual([]);
});

test('without the setting no proxy is used; without the CA the proxy is no way to STS', async () => {
  await answerOf(await bench.start({ env: { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url } }), 200);
  expect(proxy.seen).toEqual([]);
  const env = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxy.url };
  const sidecar = await bench.start({ env, stsEndpoint: `https://${STS}` });
  const { data } = await eventually('an error', async () => {
    const reply = await sidecar.ask();
    return codeOf(reply) === '503 StsUnreachable' && reply;
  });
  expect(data.Message).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET/);
  expect(proxy.seen).toContain(`CONNECT ${STS}:443`);
});

interface Proxy {
  readonly url: string;
  /** `CONNECT host:port`, or the method and URL of a plain request. */
  readonly seen: string[];
  close(): void;
}

/** A proxy that leads every tunnel to one port of this machine. */
async function startProxy(target: number): Promise<Proxy> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response.writeHead(502).end();
  });
  server.on('connect', (request, client: Socket) => {
    seen.push(`CONNECT ${request.url ?? ''}`);
    const onward = connect(target, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  const port = await listening(server);
  return { url: `http://127.0.0.1:${port}`, seen, close: () => server.close() };
}

/** Ends TLS and hands what is in it to a port of this machine. */
async function startTlsFront(cert: string, key: string, target: number) {
  const server = createTlsServer({ cert, key }, (client) => {
    const onward = connect(target, '127.0.0.1');
    onward.pipe(client).pipe(onward);
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  server.on('tlsClientError', () => undefined);
  return { port: await listening(server), close: () => void server.close() };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}
