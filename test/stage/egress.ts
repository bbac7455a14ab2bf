/**
 * A way out of a network that has no other: an HTTP proxy for tunnels (CONNECT), and behind it TLS under a private CA
 * in front of the double of STS, whatever name is asked for. Both on loopback; both write down what they see.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type Server, type Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { makeAuthority, makeLeaf, type KeyPair } from '@rolechain/certs';

export interface Egress {
  /** Node's own variables for this proxy and CA: the setting `sidecarEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  /** `CONNECT host:port`, or the method and URL of a request that is no tunnel. */
  readonly tunnels: readonly string[];
  /** The Host header of each request that came out of a tunnel and of TLS. */
  readonly hosts: readonly string[];
  readonly close: () => Promise<void>;
}

/** `target` is the port of the double, `names` are those that the certificate is for. */
export async function startEgress(target: number, names: readonly string[]): Promise<Egress> {
  const now = new Date();
  const authority = await makeAuthority({ now, commonName: 'private' });
  const leaf = await makeLeaf({ authority, now, dnsNames: [...names] });
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-egress-'));
  const authorityFile = join(folder, 'ca.crt');
  await writeFile(authorityFile, authority.certificate);
  const hosts: string[] = [];
  const tunnels: string[] = [];
  const front = tlsFront(leaf, target, hosts);
  const proxy = tunnelProxy(await listening(front), tunnels);
  const url = `http://127.0.0.1:${await listening(proxy)}`;
  return {
    environment: {
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: url,
      HTTP_PROXY: url,
      NO_PROXY: '.svc,.cluster.local',
      NODE_EXTRA_CA_CERTS: authorityFile,
    },
    tunnels,
    hosts,
    close: async () => {
      proxy.close();
      front.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Leads every tunnel to one port of this machine, and answers no other request. */
function tunnelProxy(target: number, tunnels: string[]): Server {
  const server = createServer(({ method = '', url = '' }, response) => {
    tunnels.push(`${method} ${url}`);
    response.writeHead(502).end();
  });
  server.on('connect', ({ url = '' }, client: Socket) => {
    tunnels.push(`CONNECT ${url}`);
    const onward = connect(target, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      pipeBoth(client, onward);
    });
    onward.on('error', () => client.destroy());
  });
  return server;
}

/**
 * Ends TLS and hands what is in it to a port of this machine. A client of ours sends one request a connection, head and
 * body apart: without noDelay the second would wait 40 ms for the acknowledgement of the first.
 */
export function tlsFront({ certificate: cert, key }: KeyPair, target: number, hosts: string[]): Server {
  const server = createTlsServer({ cert, key, noDelay: true }, (client) => {
    client.once('data', (head: Buffer) => {
      hosts.push(/^host:(.*)$/im.exec(head.toString('latin1'))?.[1]?.trim() ?? '');
    });
    const onward = connect({ port: target, host: '127.0.0.1', noDelay: true });
    pipeBoth(client, onward);
    onward.on('error', () => client.destroy());
  });
  server.on('tlsClientError', () => undefined);
  return server;
}

function pipeBoth(client: Socket, onward: Socket): void {
  onward.pipe(client).pipe(onward);
  client.on('error', () => onward.destroy());
}

export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return (server.address() as AddressInfo).port;
}
