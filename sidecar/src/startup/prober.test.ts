import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
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

function probe(state?: State | string): { code: number | null; out: string; err: string } {
  const root = makeTempFolder();
  const files = filesUnder(root.path);
  if (typeof state === 'string') root.write('var/run/secrets/rolechain.io/.state/state.json', state);
  else if (state) writeState(files, state);
  const env = { ROLECHAIN_ROOT: root.path };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder.path, 'prober.cjs')], {
    env,
    encoding: 'utf8',
  });
  root.remove();
  return { code: status, out: stdout, err: stderr };
}

test('it holds nothing but itself, the state, the model and tables of shared', () => {
  expect(inputs.filter((name) => name.includes('node_modules'))).toEqual([]);
  const theirs = /(^|\/)(sidecar\/src\/(startup\/(prober|state-file)|model\/\w+)|shared\/src\/(\w|-)+)\.ts$/;
  expect(inputs.filter((name) => !theirs.test(name))).toEqual([]);
  expect(inputs).toEqual(
    expect.arrayContaining(['prober.ts', 'state-file.ts'].map((name) => expect.stringContaining(name))),
  );
});

test('ready: exit code 0', () => {
  expect(probe(STATE)).toEqual({ code: 0, out: 'every role has credentials\n', err: '' });
});

test('not ready: exit code 1 and one line with role, code and fix', () => {
  const role = {
    ready: false,
    startup: 'require',
    code: 'StsAccessDenied',
    message: 'STS\nrefused.',
    fix: 'Allow it.',
  } as const;
  expect(probe({ ...STATE, roles: { default: role } })).toEqual({
    code: 1,
    out: 'role default has no credentials yet: StsAccessDenied: STS refused. Allow it.\n',
    err: '',
  });
});

test('a line that an event would cut is cut here', () => {
  const role = { ready: false, startup: 'require', code: 'X', message: 'm'.repeat(5000), fix: '' } as const;
  expect(probe({ ...STATE, roles: { default: role } }).out.length).toBeLessThan(1000);
});

test('no state, a broken one, and that of a process which is gone', () => {
  expect(probe()).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^the sidecar has not written its state yet .*\n$/),
  });
  expect(probe('{"version":')).toMatchObject({ code: 1, out: expect.stringMatching(/^the sidecar has not written/) });
  expect(probe({ ...STATE, process: '1/0' })).toMatchObject({ code: 1, out: 'the sidecar is starting again\n' });
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
});
