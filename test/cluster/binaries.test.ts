import { writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SKIP_VARIABLE, cacheFolder, findBinaries, kubernetesVersion, locateBinaries, programs } from './binaries.ts';
import { RELEASE_VARIABLE } from './releases.ts';

/** Stands in for `go`: compiles by writing files, and notes each call. */
const fakeGo = `#!/bin/sh
[ "$1" = version ] && { echo "go version go$FAKE_GO_VERSION linux/amd64"; exit; }
echo "$CGO_ENABLED $GOTOOLCHAIN $*" >>"$FAKE_GO_CALLS"
[ -n "$FAKE_GO_FAILS" ] && { echo "cannot compile" >&2; exit 1; }
while [ "$1" != -o ]; do shift; done
[ -z "$FAKE_GO_WAITS" ] || while [ ! -e "$FAKE_GO_WAITS" ]; do sleep 0.01; done
[ "$(basename "$2")" = "$FAKE_GO_STOPS_AT" ] && kill -s KILL $$
echo >"$2"; chmod +x "$2"
`;

describe('the Kubernetes binaries', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let lines: string[];
  const log = (line: string) => void lines.push(line);
  const put = async (where: string, names: readonly string[]) => {
    await mkdir(where, { recursive: true });
    for (const name of names) await writeFile(join(where, name), '', { mode: 0o755 });
  };
  const calls = async () => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');

  beforeEach(async () => {
    lines = [];
    folder = await mkdtemp(join(tmpdir(), 'rolechain-binaries-'));
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'go'), fakeGo, { mode: 0o755 });
    env = {
      PATH: `${folder}/bin:${process.env.PATH}`,
      XDG_CACHE_HOME: join(folder, 'cache'),
      FAKE_GO_CALLS: join(folder, 'calls'),
      FAKE_GO_VERSION: '1.26.0',
    };
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('come from KUBEBUILDER_ASSETS before the cache, without kubectl if it has none', async () => {
    const assets = join(folder, 'assets');
    await put(assets, ['etcd', 'kube-apiserver']);
    await put(cacheFolder(env), programs);
    expect(locateBinaries({ ...env, KUBEBUILDER_ASSETS: assets })).toEqual({
      etcd: join(assets, 'etcd'),
      kubeApiserver: join(assets, 'kube-apiserver'),
    });
  });

  test('come from the cache', async () => {
    await put(cacheFolder(env), programs);
    expect(locateBinaries(env)).toEqual({
      etcd: join(cacheFolder(env), 'etcd'),
      kubeApiserver: join(cacheFolder(env), 'kube-apiserver'),
      kubectl: join(cacheFolder(env), 'kubectl'),
    });
  });

  test('of the oldest release are its kube-apiserver beside the newest etcd and kubectl', async () => {
    const oldest = { ...env, [RELEASE_VARIABLE]: 'oldest' };
    await put(cacheFolder(env), programs);
    expect(await findBinaries({ env: oldest, log })).toEqual({
      reason: expect.stringContaining(`No kube-apiserver ${kubernetesVersion('oldest')} in `) as string,
    });
    const found = await findBinaries({ build: true, env: oldest, log });
    expect(found).toEqual({
      ...locateBinaries(env),
      kubeApiserver: join(cacheFolder(env, 'oldest'), 'kube-apiserver'),
    });
    expect(await calls()).toEqual([expect.stringMatching(/ -modfile=oldest\.mod .*\.\/cmd\/kube-apiserver$/)]);
  });

  test('of a release that is none are an error', () => {
    expect(() => locateBinaries({ ...env, [RELEASE_VARIABLE]: '1.2' })).toThrow(
      `${RELEASE_VARIABLE} is 1.2; it takes newest or oldest`,
    );
  });

  test('are absent, with the way to get them, when nothing was built', async () => {
    expect(await findBinaries({ env, log })).toEqual({
      reason: expect.stringMatching(/v1\.\d+\.\d+\D.*prepare\.ts.*KUBEBUILDER_ASSETS/) as string,
    });
    expect(lines).toEqual([]);
  });

  test.each([
    ['is not executable', async (assets: string) => chmod(join(assets, 'kube-apiserver'), 0o644)],
    [
      'is a folder',
      async (assets: string) => {
        await rm(join(assets, 'kube-apiserver'));
        await mkdir(join(assets, 'kube-apiserver'));
      },
    ],
  ])('are not built in place of a wrong KUBEBUILDER_ASSETS, where one %s', async (_, spoil) => {
    const assets = join(folder, 'assets');
    await put(assets, ['etcd', 'kube-apiserver']);
    await spoil(assets);
    expect(await findBinaries({ build: true, env: { ...env, KUBEBUILDER_ASSETS: assets }, log })).toEqual({
      reason: `KUBEBUILDER_ASSETS is ${assets}, where there is no kube-apiserver: correct it or unset it.`,
    });
  });

  test('are built once, though two ask at the same time', async () => {
    const waits = join(folder, 'the-other-waits');
    const noting = (line: string): void => {
      log(line);
      if (line.startsWith('Another process')) writeFileSync(waits, '');
    };
    const ask = () => findBinaries({ build: true, env: { ...env, FAKE_GO_WAITS: waits }, log: noting });
    const [first, second] = await Promise.all([ask(), ask()]);
    expect(first).toEqual(locateBinaries(env));
    expect(second).toEqual(first);
    expect(first).toHaveProperty('kubectl');
    expect(await calls()).toEqual(
      programs.map(
        (name) => expect.stringMatching(new RegExp(`^0 local build -trimpath .*\\./cmd/${name}$`)) as string,
      ),
    );
    expect((await calls())[0]).toContain(`version.gitVersion=${kubernetesVersion()} `);
    // Which of the two came first is chance, so in the order of the alphabet.
    expect(lines.sort()).toEqual([
      expect.stringMatching(/^Another process/),
      ...programs.map((name) => expect.stringContaining(`Building ${name} (Kubernetes v`) as string),
      expect.stringMatching(/^Built in /),
    ]);
    expect(await readdir(dirname(cacheFolder(env)))).toHaveLength(1);
  });

  test("that do not compile throw the end of the compiler's output and leave nothing", async () => {
    const failing = findBinaries({ build: true, env: { ...env, FAKE_GO_FAILS: '1' }, log });
    await expect(failing).rejects.toThrow(/exit code 1[^]*cannot compile/);
    expect(await readdir(dirname(cacheFolder(env)))).toEqual([]);
  });

  test('that were built before an interruption are kept, and the next build goes on behind them', async () => {
    const stopping = { ...env, FAKE_GO_STOPS_AT: 'kube-apiserver' };
    await expect(findBinaries({ build: true, env: stopping, log })).rejects.toThrow('go build failed (SIGKILL)');
    expect(await readdir(cacheFolder(env))).toEqual(['etcd']);
    expect(locateBinaries(env)).toHaveProperty('reason');
    const before = (await calls()).length;
    expect(await findBinaries({ build: true, env, log })).toEqual(locateBinaries(env));
    const after = (await calls()).slice(before).map((call) => call.split('/').at(-1));
    expect(after).toEqual(['kube-apiserver', 'kubectl']);
    expect(await readdir(dirname(cacheFolder(env)))).toHaveLength(1);
  });

  test('are not built where that is not wanted, of either release', async () => {
    const skipping = { ...env, [SKIP_VARIABLE]: '1' };
    for (const release of ['newest', 'oldest'] as const) {
      expect(await findBinaries({ build: true, release, env: skipping, log })).toEqual({
        reason: expect.stringMatching(/^No .* ROLECHAIN_SKIP_KUBE_BUILD is set, so that none is built\.$/) as string,
      });
    }
    const assets = join(folder, 'assets');
    await put(assets, ['etcd', 'kube-apiserver']);
    const bringing = { ...env, KUBEBUILDER_ASSETS: assets };
    expect(await findBinaries({ build: true, release: 'oldest', env: bringing, log })).toEqual({
      reason: expect.stringContaining('ROLECHAIN_OLDEST_ASSETS') as string,
    });
    const old = join(folder, 'old');
    await put(old, ['kube-apiserver']);
    expect(locateBinaries({ ...bringing, ROLECHAIN_OLDEST_ASSETS: old }, 'oldest')).toEqual({
      etcd: join(assets, 'etcd'),
      kubeApiserver: join(old, 'kube-apiserver'),
    });
    expect(locateBinaries({ ...bringing, ROLECHAIN_OLDEST_ASSETS: folder }, 'oldest')).toEqual({
      reason: `ROLECHAIN_OLDEST_ASSETS is ${folder}, where there is no kube-apiserver: correct it or unset it.`,
    });
    expect(lines).toEqual([]);
  });

  test.each(['1.25.9', '1.9.1'])('are absent when Go is %s', async (version) => {
    expect(await findBinaries({ build: true, env: { ...env, FAKE_GO_VERSION: version }, log })).toEqual({
      reason: expect.stringContaining(
        `Go 1.26 or later is needed to build them, and \`go\` on PATH is go${version}.`,
      ) as string,
    });
  });

  test('are absent when there is no Go', async () => {
    expect(await findBinaries({ build: true, env: { ...env, PATH: '/nowhere' }, log })).toEqual({
      reason: expect.stringContaining('there is no `go` on PATH') as string,
    });
  });
});
