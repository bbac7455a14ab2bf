/**
 * Somebody else has the credentials port while the sidecar is out. What is collected there is worth nothing
 * (contract, section 3): the token of each role is made again when the port is ours.
 */
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATHS, tokenFile } from '@rolechain/shared';
import { rawRequest } from '../../sidecar/src/testing/raw-http.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { answerOf, asRole, AUDIT, codeOf, firstAnswer, hop, useBench } from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { AskOptions, RunningSidecar } from './harness.ts';
import { takePort } from './intruder.ts';

const bench = useBench();
const withToken = (authorization: string, path: string = PATHS.credentials): AskOptions => ({
  path,
  headers: { authorization },
});

async function killed(sidecar: RunningSidecar): Promise<void> {
  sidecar.signal('SIGKILL');
  await sidecar.ended;
}

/** Asks without a pause, from before the port is bound, until the answer is another one than `503 TokenReplaced`. */
async function askOnAndOn(sidecar: RunningSidecar, authorization: string): Promise<readonly string[]> {
  const said: string[] = [];
  for (;;) {
    const reply = await sidecar.ask(withToken(authorization)).catch(() => undefined);
    if (reply === undefined) {
      await sleep(1);
      continue;
    }
    said.push(codeOf(reply));
    if (said.at(-1) !== '503 TokenReplaced') return said;
  }
}

/** A folder in the way of the file that is to be renamed: not even root can write there. */
function obstruct(): () => void {
  const folder = join(bench.files.root, `${tokenFile('default')}.new`);
  mkdirSync(folder);
  return () => rmdirSync(folder);
}

test('what was collected from an application: 503 for a minute, from the bind on, then 401; never credentials', async () => {
  const first = await bench.start();
  await answerOf(first, 200);
  const { ports } = first;
  await killed(first);
  const intruder = await takePort(ports.credentials, (_request, response) => response.writeHead(503).end());
  await first.ask();
  const [stolen = ''] = intruder.collected;
  expect(stolen).toBe(bench.files.readToken());
  await intruder.giveBack();

  const second = bench.start({ ports });
  const said = Promise.all(Array.from({ length: 3 }, async () => askOnAndOn(await second, stolen)));
  const sidecar = await second;
  await eventually('a new token', () => bench.files.readToken() !== stolen);
  expect((await answerOf(sidecar, 200)).data.AccessKeyId).toEqual(expect.stringMatching(/./));
  for (const codes of await said) {
    expect(codes.length).toBeGreaterThan(1);
    expect(new Set(codes.slice(0, -1))).toEqual(new Set(['503 TokenReplaced']));
    expect(codes.at(-1)).toBe('401 TokenUnknown');
  }
  expect(codeOf(await sidecar.ask(withToken(stolen)))).toBe('401 TokenUnknown');
  expect((await sidecar.ask()).status).toBe(200);
});

test('anyone who has the port when the pod starts, or later, is handed no new token', async () => {
  const ports = { credentials: await freePort(), health: await freePort() };
  const file = join(bench.files.root, tokenFile('default'));
  const atStart = await takePort(ports.credentials);
  const first = await bench.start({ ports });
  await eventually('it meets the port taken', async () => (await first.probe()).out.includes('ListenFailed'));
  expect(existsSync(file)).toBe(false);
  await atStart.giveBack();
  await answerOf(first, 200);
  const before = bench.files.readToken();
  await killed(first);

  const later = await takePort(ports.credentials, (_request, response) => response.writeHead(503).end());
  const second = await bench.start({ ports });
  await eventually('it meets the port taken', async () => (await second.probe()).out.includes('ListenFailed'));
  for (let i = 0; i < 3; i++) await second.ask();
  expect(new Set(later.collected)).toEqual(new Set([before]));
  await later.giveBack();
  await answerOf(second, 200);
  expect(codeOf(await second.ask(withToken(before)))).toBe('503 TokenReplaced');
});

test('no token is written while anyone who had the port keeps a connection on it', async () => {
  const first = await bench.start();
  await answerOf(first, 200);
  const { ports } = first;
  const old = bench.files.readToken();
  await killed(first);
  const intruder = await takePort(ports.credentials);
  const application = connect(ports.credentials, '127.0.0.1');
  await once(application, 'connect');
  application.write(rawRequest(PATHS.credentials, { host: '127.0.0.1', authorization: old, connection: 'keep-alive' }));
  await eventually('it is collected', () => intruder.collected.length > 0);
  intruder.stopListening();

  const second = await bench.start({ ports });
  await eventually('it knows', async () => (await second.probe()).out.includes('PortShared'));
  // It has looked again while connections of its own were open.
  for (let i = 0; i < 3; i++) expect(codeOf(await second.ask(withToken(old)))).toBe('503 PortShared');
  expect(bench.files.readToken()).toBe(old);
  await intruder.giveBack();
  await eventually('a new token', () => bench.files.readToken() !== old);
  await answerOf(second, 200);
  expect(codeOf(await second.ask(withToken(old)))).toBe('503 TokenReplaced');
  application.destroy();
});

test('until the tokens are written nothing is judged and the pod does not start; then each by its token', async () => {
  const first = await bench.start();
  await answerOf(first, 200);
  const old = bench.files.readToken();
  await killed(first);
  const clear = obstruct();
  const second = await bench.start({ ports: first.ports });
  // The port is ours meanwhile, and nobody learns what would be right.
  for (const authorization of [old, 'a-token-of-nobody', ''])
    expect(codeOf(await eventually('it listens', () => second.ask(withToken(authorization))))).toBe(
      '503 TokenUnwritable',
    );
  expect(bench.files.readToken()).toBe(old);
  expect(await second.probe()).toEqual({ code: 1, out: expect.stringContaining('TokenUnwritable') });
  clear();
  await eventually('a new token', () => bench.files.readToken() !== old);
  expect(codeOf(await second.ask(withToken(old)))).toBe('503 TokenReplaced');
  expect((await answerOf(second, 200)).headers['retry-after']).toBeUndefined();
  await eventually('the probe passes', async () => (await second.probe()).code === 0);
});

test('several roles: each token is another one, and the old one of a role opens no other', async () => {
  const roles = { default: {}, audit: { hops: [hop(AUDIT)] } };
  const first = await bench.start({ roles });
  await firstAnswer(first);
  const old = { default: bench.files.readToken('default'), audit: bench.files.readToken('audit') };
  await killed(first);
  const second = await bench.start({ roles, ports: first.ports });
  for (const role of ['default', 'audit'] as const) {
    await eventually('a new token', () => bench.files.readToken(role) !== old[role]);
    expect((await answerOf(second, 200, asRole(bench.files, role))).status).toBe(200);
    const other = role === 'audit' ? 'default' : 'audit';
    expect(codeOf(await second.ask(withToken(old[role], `${PATHS.credentials}/${role}`)))).toBe('503 TokenReplaced');
    expect(codeOf(await second.ask(withToken(old[role], `${PATHS.credentials}/${other}`)))).toBe('403 RoleForbidden');
  }
});

test('a token that stands in the environment stays good through a restart, since containers know no other', async () => {
  const token = 'e'.repeat(43);
  const roles = { default: { token } };
  const first = await bench.start({ roles });
  await answerOf(first, 200);
  await killed(first);
  const second = await bench.start({ roles, ports: first.ports });
  expect(codeOf(await eventually('it listens', () => second.ask(withToken(token))))).toMatch(/^200|503 NotReady$/);
  expect((await answerOf(second, 200)).status).toBe(200);
  expect(bench.files.readToken()).toBe(token);
});
