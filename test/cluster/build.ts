/** Compiles Go programs into a folder: all of them or none, and never twice at once. */
import { execFile } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';
import { spawnTied } from './tied-process.ts';

export interface BuildOptions {
  /** Folder of the Go module; each program is its `cmd/<name>`. */
  readonly source: string;
  /** The file in that folder to build by, with the `.sum` beside it. Default: go.mod. */
  readonly modFile?: string;
  /** Folder that the programs come into; it appears at once and complete. */
  readonly target: string;
  readonly programs: readonly string[];
  /** The Kubernetes version that the programs report, with its v. */
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** Milliseconds between lines of progress. */
  readonly tickMs?: number;
}

/** Returns why it can't be done, or undefined when `target` is there. Throws when the compiler fails. */
export async function build(options: BuildOptions): Promise<string | undefined> {
  const { target, log } = options;
  const impossible = await lacksGo(options);
  if (impossible) return impossible;
  const onWait = () => log('Another process builds the Kubernetes binaries: waiting for it.');
  await withLock(`${target}.lock`, () => (existsSync(target) ? Promise.resolve() : compile(options)), { onWait });
  return undefined;
}

/** Why the `go` on PATH can't build the module. */
async function lacksGo({ source, modFile = 'go.mod', env }: BuildOptions): Promise<string | undefined> {
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(source, modFile), 'utf8'));
  const version = await promisify(execFile)('go', ['version'], { env: { ...env, GOTOOLCHAIN: 'local' } }).then(
    ({ stdout }) => /go(\d+)\.(\d+)\S*/.exec(stdout),
    () => undefined,
  );
  const need = `Go ${wanted?.[1]}.${wanted?.[2]} or later is needed to build them`;
  if (!version) return `${need}, and there is no \`go\` on PATH.`;
  const old =
    Number(version[1]) < Number(wanted?.[1]) ||
    (Number(version[1]) === Number(wanted?.[1]) && Number(version[2]) < Number(wanted?.[2]));
  return old ? `${need}, and \`go\` on PATH is ${version[0]}.` : undefined;
}

async function compile(options: BuildOptions): Promise<void> {
  const { target, programs, version, log } = options;
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  log(
    `Building ${programs.join(', ')} (Kubernetes ${version}) from their Go modules, once for this user: ` +
      '5 to 11 minutes on 2 cores, about 1 if Go has compiled them before.',
  );
  const tick = setInterval(() => log(`Still building, ${seconds()} so far.`), options.tickMs ?? 15_000);
  // On the same file system as the target, so that the rename is atomic.
  const folder = await mkdtemp(`${target}.building-`);
  try {
    await goBuild(options, folder);
    await rename(folder, target).catch((error: unknown) => {
      // Somebody else's, of the same sources: as good as ours.
      if (!existsSync(target)) throw error;
    });
  } finally {
    clearInterval(tick);
    await rm(folder, { recursive: true, force: true });
  }
  log(`Built in ${seconds()}: ${target}`);
}

async function goBuild(options: BuildOptions, folder: string): Promise<void> {
  const { source, modFile, programs, version, env } = options;
  const logFile = join(folder, 'build.log');
  const output = openSync(logFile, 'w');
  const packages = programs.map((name) => `./cmd/${name}`);
  const go = spawnTied(
    'go',
    [
      ...['build', '-trimpath', '-buildvcs=false', ...(modFile === undefined ? [] : [`-modfile=${modFile}`])],
      ...['-ldflags', ldflags(version), '-o', `${folder}/`, ...packages],
    ],
    {
      cwd: source,
      env: { ...env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' },
      output,
      removeAfter: folder,
    },
  );
  closeSync(output);
  const how = await go.ended;
  const text = readFileSync(logFile, 'utf8');
  await rm(logFile);
  if (how !== 'exit code 0') throw new Error(`go build failed (${how}):\n${text.slice(-4000)}`);
}

/** Kubernetes programs report what is linked into two packages; no time, so that a build can be repeated. */
function ldflags(version: string): string {
  const [major, minor] = version.replace(/^v/, '').split('.');
  const values = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    gitCommit: 'none',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  const sets = packages.flatMap((p) => Object.entries(values).map(([key, value]) => `-X ${p}.${key}=${value}`));
  return ['-s', '-w', ...sets].join(' ');
}
