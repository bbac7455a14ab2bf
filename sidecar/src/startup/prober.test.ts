import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { PROBER_READINESS } from '@rolechain/shared';
import { filesUnder } from '../model/files.ts';
import { processName, writeState, type State } from './state-file.ts';
import { makeTempFolder, type TempFolder } from '../testing/temp-folder.ts';

let folder: TempFolder;
let inputs: string[];

// As it is shipped: one file.
beforeAll(async () => {
  folder = makeTempFolder();
  const { metafile } = await build({
    entryPoints: [join(__dirname, 'prober.ts')],
    outfile: join(folder.path, 'prober.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    metafile: true,
    logLevel: 'error',
  });
  inputs = Object.keys(metafile.inputs).filter(
    (name) => (metafile.outputs[Object.keys(metafile.outputs)[0] ?? '']?.inputs[name]?.bytesInOutput ?? 0) > 0,
  );
});
afterAll(() => folder.remove());

const STATE: State = {
  version: 1,
  startedAt: Date.now(),
  process: processName(process.pid),
  listening: true,
  roles: { default: { ready: true, startup: 'require' } },
};

interface Probed {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What the probe says of this state; `then` is written while it waits. */
async function probe(state?: State | string, then?: State, ...args: string[]): Promise<Probed> {
  const root = makeTempFolder();
  const files = filesUnder(root.path);
  if (typeof state === 'string') root.write('var/run/secrets/rolechain.io/.state/state.json', state);
  else if (state) writeState(files, state);
  const env = { ROLECHAIN_ROOT: root.path };
  try {
    return await new Promise<Probed>((resolve) => {
      const child = execFile(
        process.execPath,
        [join(folder.path, 'prober.cjs'), ...args],
        { env },
        (_error, out, err) => {
          resolve({ code: child.exitCode, out, err });
        },
      );
      if (then) writeState(files, then);
    });
  } finally {
    root.remove();
  }
}

test('it holds nothing but itself, the state, the model and tables of shared', () => {
  expect(inputs.filter((name) => name.includes('node_modules'))).toEqual([]);
  const theirs = /(^|\/)(sidecar\/src\/(startup\/(prober|state-file|verdict)|model\/\w+)|shared\/src\/(\w|-)+)\.ts$/;
  expect(inputs.filter((name) => !theirs.test(name))).toEqual([]);
  expect(inputs).toEqual(
    expect.arrayContaining(['prober.ts', 'state-file.ts', 'verdict.ts'].map((name) => expect.stringContaining(name))),
  );
});

test('ready: exit code 0', async () => {
  expect(await probe(STATE)).toEqual({ code: 0, out: 'every role has credentials\n', err: '' });
});

test('not ready: exit code 1 and one line with role, code and fix', async () => {
  const role = {
    ready: false,
    startup: 'require',
    code: 'StsAccessDenied',
    message: 'STS\nrefused.',
    fix: 'Allow it.',
  } as const;
  expect(await probe({ ...STATE, roles: { default: role } })).toEqual({
    code: 1,
    out: 'role default has no credentials yet: StsAccessDenied: STS refused. Allow it.\n',
    err: '',
  });
});

test('called with `readiness`: whether credentials are valid now', async () => {
  const served = (endsAt: number): State => ({
    ...STATE,
    roles: { default: { ready: true, startup: 'proceed', endsAt } },
  });
  expect(await probe(served(Date.now() + 3_600_000), undefined, PROBER_READINESS)).toMatchObject({ code: 0 });
  expect(await probe(served(Date.now() - 1), undefined, PROBER_READINESS)).toMatchObject({
    code: 1,
    out: 'role default has no valid credentials\n',
  });
  // The start doesn't ask for that.
  expect(await probe(served(Date.now() - 1))).toMatchObject({ code: 0 });
});

test('what has not failed yet is waited for: a pod that starts well has no event', async () => {
  const waiting: State = { ...STATE, listening: false, roles: { default: { ready: false, startup: 'require' } } };
  expect(await probe(waiting, STATE)).toEqual({ code: 0, out: 'every role has credentials\n', err: '' });
});

test('for a while, then it says what is missing, and that there is no error', async () => {
  const waiting: State = { ...STATE, roles: { default: { ready: false, startup: 'require' } } };
  const starting = (what: string) => ({ code: 1, err: '', out: `rolechain is starting${what}\n` });
  const said = await Promise.all([
    probe({ ...waiting, listening: false }),
    probe(waiting),
    probe({ ...STATE, process: '1/0' }),
  ]);
  expect(said).toEqual([
    starting(', without an error so far: it fetches the first credentials of role default'),
    starting(', without an error so far: it fetches the first credentials of role default'),
    starting(': its process is a new one'),
  ]);
  const none = {
    code: 1,
    out: expect.stringMatching(/^rolechain is starting: it has not written its state yet \(.*\)\n$/),
  };
  for (const probed of await Promise.all([probe(), probe('{"version":')])) expect(probed).toMatchObject(none);
});

test('a line that an event would cut is cut here', async () => {
  const role = { ready: false, startup: 'require', code: 'X', message: 'm'.repeat(5000), fix: 'Mend it.' } as const;
  const { out } = await probe({ ...STATE, roles: { default: role } });
  expect(out.length).toBeLessThan(1000);
  expect(out).toMatch(/m\.\.\. Mend it\.\n$/);
});

describe('status PORT: what the sidecar says on /status', () => {
  const ask = (port: number): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const args = [join(folder.path, 'prober.cjs'), 'status', `${port}`];
      execFile(process.execPath, args, { env: { ROLECHAIN_POD_IP: '127.0.0.1' } }, (error, out) =>
        resolve({ code: error === null ? 0 : Number(error.code), out }),
      );
    });

  test('as it is, by the pod IP; where nothing answers, a line that says so', async () => {
    const server = createServer((request, response) => response.end(`{"asked":"${request.url ?? ''}"}`));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await ask(port)).toEqual({ code: 0, out: '{"asked":"/status"}' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const said = await ask(port);
    expect(said.code).toBe(1);
    expect(said.out).toMatch(/^the sidecar does not answer on port \d+: .*ECONNREFUSED/);
  });

  test('another program that has the port is not taken for the sidecar', async () => {
    const server = createServer((_request, response) => response.writeHead(404).end('{"error": "no such page"}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const line = `the sidecar does not answer on port ${port}: what listens there is not the sidecar, status 404\n`;
    expect(await ask(port)).toEqual({ code: 1, out: line });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
