import { once } from 'node:events';
import { endianness } from 'node:os';
import { createServer, connect, type Socket, type AddressInfo } from 'node:net';
import { unownedConnections, inodesOn } from './unowned-connections.ts';

const LOOPBACK = endianness() === 'LE' ? '0100007F' : '7F000001';
const line = (local: string, state: string, inode: number, remote = `${LOOPBACK}:C350`): string =>
  `   1: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 20 0 0 10 -1`;
const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

test.each<[string, string, string[]]>([
  ['one that is open', line(`${LOOPBACK}:6E0D`, '01', 7), ['7']],
  ['one of a socket for IPv6', line(`0000000000000000FFFF0000${LOOPBACK}:6E0D`, '01', 7), ['7']],
  ['one that has sent its end and still receives', line(`${LOOPBACK}:6E0D`, '05', 7), ['7']],
  ['a listener', line(`${LOOPBACK}:6E0D`, '0A', 7), []],
  ['one that nobody has accepted, or that its process has closed', line(`${LOOPBACK}:6E0D`, '01', 0), []],
  ['one that is over', line(`${LOOPBACK}:6E0D`, '06', 0), []],
  ['one whose peer has sent its end', line(`${LOOPBACK}:6E0D`, '08', 7), []],
  ['one on another port', line(`${LOOPBACK}:6E0E`, '01', 7), []],
  ['one on another address', line('0200000A:6E0D', '01', 7), []],
  ['the other end of one', line(`${LOOPBACK}:C350`, '01', 7, `${LOOPBACK}:6E0D`), []],
])('%s', (_name, one, expected) => {
  expect([...inodesOn(28173, [HEAD, one, ''])]).toEqual(expected);
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('connections of this process are its own, as many as there are', async () => {
  const server = createServer();
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
  while (sockets.length < clients.length) await once(server, 'connection');
  expect(unownedConnections(port)).toBe(0);
  for (const socket of [...clients, ...sockets]) socket.destroy();
  server.close();
});
