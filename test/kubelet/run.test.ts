import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { containerOf } from '@rolechain/kit/pod.ts';
import { APP_ENV, describeWay, ended, POD, readCode, said, TOKENS, useFixture } from './run-fixture.ts';
import { runContainer, type Isolation, type RunOptions } from './run.ts';

const fixture = useFixture();
const printEnv = 'console.log(JSON.stringify(process.env))';

const ways: Isolation[] = ['mount-namespace', 'rewritten-paths'];
for (const isolation of ways) describeWay(isolation, () => testWay(isolation));

function testWay(isolation: Isolation): void {
  const how = (): Partial<RunOptions> => ({ isolation: isolation === 'rewritten-paths' ? isolation : 'auto' });
  /** As a container's own paths read in this way: the machine's root, or the folder of links. */
  const root = isolation === 'rewritten-paths' ? 'process.env.ROLECHAIN_ROOT' : "''";

  test('the environment is the container’s, to the letter, and nothing of ours', async () => {
    const app = await fixture.run('app', printEnv, how());
    expect(app.isolation).toBe(isolation);
    expect(await app.exited).toEqual({ code: 0, signal: null });
    const env = JSON.parse(app.stdout()) as Record<string, string>;
    const path = env.TOKEN_FILE ?? '';
    expect(env).toEqual({ ...APP_ENV, TOKEN_FILE: isolation === 'rewritten-paths' ? path : APP_ENV.TOKEN_FILE });
    expect(path.endsWith(APP_ENV.TOKEN_FILE)).toBe(true);
  });

  test('only the sidecar is told the root of its paths, and only where they are rewritten', async () => {
    const sidecar = await fixture.run('rolechain', printEnv, how());
    await sidecar.exited;
    const { ROLECHAIN_ROOT, ...env } = JSON.parse(sidecar.stdout()) as Record<string, string>;
    expect(env).toEqual({ POD: 'orders-0' });
    expect(ROLECHAIN_ROOT?.startsWith(fixture.volumes().folder)).toBe(
      isolation === 'rewritten-paths' ? true : undefined,
    );
  });

  test('what the sidecar writes, the app reads at the path of its environment', async () => {
    const sidecar = await fixture.run(
      'rolechain',
      `const folder = ${root} + '${TOKENS}/default';
       fs.mkdirSync(folder, { recursive: true });
       fs.writeFileSync(folder + '/token', 'secret');
       ${readCode(`${root} + '/var/run/rolechain/base-identity/aud/token'`)}
       setInterval(() => {}, 1000)`,
      how(),
    );
    await said(sidecar, 'token for aud');
    const app = await fixture.run('app', readCode('process.env.TOKEN_FILE'), how());
    expect(await app.exited).toEqual({ code: 0, signal: null });
    expect(app.stdout()).toBe('secret');
    expect(await sidecar.stop()).toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('a subPath that was there first is the one that the sidecar writes to later', async () => {
    const app = await fixture.run(
      'app',
      `setInterval(() => {
         const text = fs.existsSync(process.env.TOKEN_FILE) && fs.readFileSync(process.env.TOKEN_FILE, 'utf8');
         if (text) { process.stdout.write(text); process.exit(); }
       }, 5)`,
      how(),
    );
    const code = `fs.writeFileSync(${root} + '${TOKENS}/default/token', 'late')`;
    const sidecar = await fixture.run('rolechain', code, how());
    expect(await sidecar.exited).toEqual({ code: 0, signal: null });
    expect(await app.exited).toEqual({ code: 0, signal: null });
    expect(app.stdout()).toBe('late');
  });

  test('/run of the machine stays as it is', async () => {
    const before = [await readdir('/run'), existsSync('/run/secrets') ? await readdir('/run/secrets') : undefined];
    const sidecar = await fixture.run('rolechain', `console.log('up'); setInterval(() => {}, 1000)`, how());
    await said(sidecar, 'up');
    expect([await readdir('/run'), existsSync('/run/secrets') ? await readdir('/run/secrets') : undefined]).toEqual(
      before,
    );
    expect(existsSync(`${TOKENS}/default`)).toBe(false);
  });

  test('the pid is the program’s own; working folder, arguments and exit code are as asked for', async () => {
    const container = { ...containerOf(POD, 'app'), args: ['$(with.dot)', '$$(A)', '$(NONE)'] };
    const cwd = dirname(__dirname);
    const code =
      'console.log(JSON.stringify([process.pid, process.cwd(), process.argv.slice(1)])); process.exitCode = 3';
    const app = await fixture.run(container, code, { ...how(), cwd });
    expect(await app.exited).toEqual({ code: 3, signal: null });
    expect(JSON.parse(app.stdout())).toEqual([app.process.pid, cwd, [APP_ENV['with.dot'], '$(A)', '$(NONE)']]);
    const own = await fixture.run(container, 'console.log(process.argv[1])', { ...how(), args: ['mine'] });
    await own.exited;
    expect(own.stdout()).toBe('mine\n');
  });

  test('what the program leaves behind ends with it', async () => {
    const app = await fixture.run(
      'app',
      `const left = child_process.spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
       console.log(left.pid); left.unref(); setTimeout(() => process.exit(0), 50)`,
      how(),
    );
    expect(await app.exited).toEqual({ code: 0, signal: null });
    await ended(Number(app.stdout()));
  });

  test('a program that ignores SIGTERM is killed after the grace', async () => {
    const app = await fixture.run(
      'app',
      `process.on('SIGTERM', () => console.log('no')); console.log('up'); setInterval(() => {}, 1000)`,
      how(),
    );
    await said(app, 'up');
    expect(await app.stop(100)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(app.stdout()).toBe('up\nno\n');
  });

  test('lines come one by one, and the last one also without its end', async () => {
    const lines: string[] = [];
    const app = await fixture.run('app', `process.stdout.write('one\\ntwo'); process.stderr.write('bad\\n')`, {
      ...how(),
      onLine: (line, stream) => lines.push(`${stream} ${line}`),
    });
    await app.exited;
    expect(lines.toSorted()).toEqual(['stderr bad', 'stdout one', 'stdout two']);
    expect([app.stdout(), app.stderr()]).toEqual(['one\ntwo', 'bad\n']);
  });

  test('a mount of the workload’s own elsewhere is left out, and said', async () => {
    const app = await fixture.run('app', '', how());
    expect(app.notes).toEqual([
      "container app: the mount at /data is left out: data is a volume of the workload's own",
    ]);
    expect(app.sentence).toMatch(isolation === 'rewritten-paths' ? /so asked for/ : /namespace of its own/);
    await app.exited;
  });

  test('a program that can’t be started is an error, and leaves nothing running', async () => {
    const options = { pod: POD, container: containerOf(POD, 'app'), volumes: fixture.volumes(), ...how() };
    await expect(runContainer({ ...options, command: ['/no/such/program'] })).rejects.toThrow('ENOENT');
    await expect(runContainer({ ...options, command: ['node'] })).rejects.toThrow('not an absolute path');
    const container = { name: 'app', env: [{ name: 'HUGE', value: 'x'.repeat(200_000) }] };
    if (process.platform === 'linux') {
      await expect(runContainer({ ...options, container, command: [process.execPath] })).rejects.toThrow('E2BIG');
    }
  });
}
