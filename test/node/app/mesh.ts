/** The two containers of a mesh with CNI plugin, as small as they can be: `redirect.ts` leads connections to them. */
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

export const MESH = {
  /** Names of the pods whose connections are led to the proxy. */
  pods: 'meshed-',
  /** Where it listens, and the user whose own connections are let through: Istio's. */
  port: 15_001,
  user: 1337,
} as const;

async function listening(server: Server): Promise<void> {
  server.listen(MESH.port, '0.0.0.0');
  await once(server, 'listening');
}

function target(): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(process.env.AWS_ENDPOINT_URL_STS ?? '');
  return { host: hostname, port: Number(port) };
}

/** As istio-validation: a connection to anywhere must end at the proxy's port, or this throws. */
export async function validateRedirect(): Promise<string> {
  const server = createServer((socket) => socket.end('redirected'));
  await listening(server);
  const socket = connect(target());
  let said = '';
  for await (const data of socket) said += String(data);
  server.close();
  if (said !== 'redirected') throw new Error(`connections are not led here: ${said}`);
  return said;
}

/** As the proxy: what is led here goes on to STS. Until SIGTERM. */
export async function proxy(): Promise<never> {
  const server = createServer((inbound) => {
    const outbound = connect(target());
    const end = (): void => {
      inbound.destroy();
      outbound.destroy();
    };
    inbound.on('error', end).pipe(outbound).on('error', end).pipe(inbound);
  });
  await listening(server);
  console.log('listening');
  await once(process, 'SIGTERM');
  // Connections that are kept alive would keep it alive, too.
  process.exit(0);
}
