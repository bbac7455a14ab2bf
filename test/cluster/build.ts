/**
 * Compiles Go programs into a folder, one after the other, and never twice at once. What is done stays when it is
 * interrupted: a program in the folder, a package in Go's own build cache.
 */
import { execFile } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';
import { spawnTied } from '@rolechain/kit/tied-process.ts';

export interface BuildOptions {
  /** Folder of the Go module; each program is its `cmd/<name>` where `packages` names no other package. */
  readonly source: string;
  readonly packages?: Readonly<Record<string, string>>;
  /** The file in that folder to build by, with the `.sum` beside it. Default: go.mod. */
  readonly modFile?: string;
  /** Folder that the programs come into; each appears at once and complete. */
  readonly target: string;
  readonly programs: readonly string[];
  /** The Kubernetes version that the programs report, with its v. */
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** Milliseconds between lines of progress. */
  readonly tickMs?: number;
}

/** Returns why it can't be done, or undefined when all programs are there. Throws when the compiler fails. */
export async function build(options: BuildOptions): Promise<string | undefined> {
  const { target, log } = options;
  if (missing(options).length === 0) return undefined;
  const impossible = await lacksGo(options);
  if (impossible) return impossible;
  const onWait = () => log('Another process builds the Kubernetes binaries: waiting for it.');
  await withLock(`${target}.lock`, () => compile(options), { onWait });
  return undefined;
}

function missing({ target, programs }: BuildOptions): readonly string[] {
  return programs.filter((name) => !existsSync(join(target, name)));
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
  const { target, log } = options;
  // Of what this process wanted, another may have built some meanwhile.
  const wanted = missing(options);
  if (wanted.length === 0) return;
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  let current = '';
  const tick = setInterval(() => log(`Still building ${current}, ${seconds()} so far.`), options.tickMs ?? 15_000);
  // On the same file system as the target, so that a rename is atomic.
  await mkdir(target, { recursive: true });
  const folder = await mkdtemp(`${target}.building-`);
  try {
    for (const name of wanted) {
      current = name;
      log(`Building ${name} (Kubernetes ${options.version}) from its Go module.`);
      await goBuild(options, name, folder);
      await rename(join(folder, name), join(target, name));
    }
  } finally {
    clearInterval(tick);
    await rm(folder, { recursive: true, force: true });
    // Where nothing came of it. One that holds programs stays.
    await rmdir(target).catch(() => undefined);
  }
  log(`Built in ${seconds()}: ${target}`);
}

async function goBuild(options: BuildOptions, program: string, folder: string): Promise<void> {
  const { source, packages = {}, modFile, version, env } = options;
  const logFile = join(folder, 'build.log');
  const output = openSync(logFile, 'w');
  const go = spawnTied(
    'go',
    [
      ...['build', '-trimpath', '-buildvcs=false', ...(modFile === undefined ? [] : [`-modfile=${modFile}`])],
      ...['-ldflags', ldflags(version), '-o', join(folder, program), packages[program] ?? `./cmd/${program}`],
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
