/**
 * The way from kube-apiserver to the addresses of EndpointSlices, without a network of pods: these addresses can't be of
 * loopback (k8s.io/kubernetes pkg/apis/discovery/validation), and servers of tests listen there. kube-apiserver asks a
 * proxy of ours for its connections to webhooks (EgressSelectorConfiguration), which knows the port of each address.
 */
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinSockets } from '../fixture/join-sockets.ts';

export interface Network {
  /** With `--enable-aggregator-routing` it picks an endpoint, where else it would take the ClusterIP. */
  readonly apiserverArgs: readonly string[];
  readonly open: () => Promise<void>;
  /** Gives a port of this machine an address. */
  readonly addressOf: (port: number) => string;
  readonly close: () => Promise<void>;
}

export function makeNetwork(): Network {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-network-'));
  const udsName = join(folder, 'proxy.sock');
  const connection = { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName } } };
  const config = {
    apiVersion: 'apiserver.k8s.io/v1beta1',
    kind: 'EgressSelectorConfiguration',
    egressSelections: [{ name: 'cluster', connection }],
  };
  const file = join(folder, 'egress.json');
  writeFileSync(file, JSON.stringify(config));
  const ports: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer().on('connect', ({ url = '' }, client: Socket) => {
    const port = ports[Number(/^10\.1\.0\.(\d+):9443$/.exec(url)?.[1]) - 1];
    if (port === undefined) return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const replica = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    joinSockets(client, replica, sockets);
    return undefined;
  });
  return {
    apiserverArgs: ['--enable-aggregator-routing=true', `--egress-selector-config-file=${file}`],
    open: async () => {
      await once(server.listen(udsName), 'listening');
    },
    addressOf: (port) => `10.1.0.${ports.push(port)}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
