/** The admission server as a process of its own, for the test of hostile bodies: says port and CA, and ends with stdin. */
import { testAuthority } from '@rolechain/webhook/testing/https.ts';
import { startServer } from '@rolechain/webhook/testing/server.ts';

const authority = await testAuthority();
const { server, port } = await startServer(authority);
console.log(JSON.stringify({ port, ca: authority.ca }));
process.stdin.resume().once('end', () => void server.close());
