/** The SDKs that are asked, each as a program that prints `{"key": …}` or `{"error": …}`. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { goModule, locateGoClient } from '../clients/go.ts';
import { BOTOCORE, OLD_BOTOCORE, locatePython, type Venv } from '../clients/python.ts';
import { goModuleFolder, namesIn, namesInJars, pnpmPackages } from './names.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');
const ROOT = join(import.meta.dirname, '..', '..');
/** What is built here stays in the user's cache, as the other clients do. */
const BUILT = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rolechain', 'sdks');

export interface Sdk {
  readonly name: string;
  /** As its registry names it. */
  readonly version: string;
  /** The command that asks it. */
  readonly command: readonly string[];
  /** It reads no token file, as SDKs of before the end of 2023. */
  readonly tokenInEnv?: true;
  /** Makes the command be there; throws with what the tool says. */
  readonly build: () => void;
  /** The variables that its sources name; there once it is built. */
  readonly known: () => string[];
}

export function sdks(): Sdk[] {
  return [
    javaScript2(),
    javaScript3(),
    botocore(),
    { ...python('botocore of 2022', OLD_BOTOCORE), tokenInEnv: true },
    go('Go v1', 'go1', 'github.com/aws/aws-sdk-go', 'aws'),
    go2(),
    go('minio-go', 'minio-go', 'github.com/minio/minio-go/v7', 'pkg/credentials'),
    java('Java v1', 'java1', /aws-java-sdk-core<\/artifactId>\s*<version>([^<]+)/, /^aws-java-sdk-core-/),
    java(
      'Java v2',
      'java2',
      /<artifactId>bom<\/artifactId>\s*<version>([^<]+)/,
      /^(auth|sdk-core|profiles|regions|aws-core|utils)-/,
    ),
    rust('Rust', 'aws', 'aws-config', ['aws-config', 'aws-runtime', 'aws-types']),
    rust('object_store', 'object_store', 'object_store', ['object_store']),
    opendal(),
    curl(),
  ];
}

/** Those that the tests install anyway. */
export function sdksOnCI(): readonly Sdk[] {
  return [javaScript3(), botocore(), go2()];
}

function javaScript2(): Sdk {
  const folder = join(BUILT, 'js2');
  const { dependencies } = JSON.parse(read('js2/package.json')) as { dependencies: { 'aws-sdk': string } };
  return {
    name: 'JavaScript v2',
    version: dependencies['aws-sdk'],
    command: [process.execPath, join(folder, 'ask.cjs')],
    build: () => {
      mkdirSync(folder, { recursive: true });
      must('cp', ['package.json', 'ask.cjs', `${folder}/`], join(PROGRAMS, 'js2'));
      must('npm', ['install', '--no-audit', '--no-fund'], folder);
    },
    known: () => namesIn([join(folder, 'node_modules/aws-sdk/lib')], '.js'),
  };
}

/** No SDK, but what scripts ask the endpoint with: it reads variables of proxies alone. */
function curl(): Sdk {
  const { stdout } = spawnSync('curl', ['--version'], { encoding: 'utf8' });
  const [, version = ''] = /^curl (\S+)/.exec(stdout) ?? [];
  return {
    name: 'curl',
    version,
    command: ['sh', join(PROGRAMS, 'curl/ask.sh')],
    build: () => undefined,
    known: () => [],
  };
}

function javaScript3(): Sdk {
  const { version } = JSON.parse(
    readFileSync(join(ROOT, 'test/node_modules/@aws-sdk/client-sts/package.json'), 'utf8'),
  ) as { version: string };
  return {
    name: 'JavaScript v3',
    version,
    command: [process.execPath, join(PROGRAMS, 'js3/ask.mjs')],
    build: () => undefined,
    known: () => namesIn(pnpmPackages(ROOT, /^@(aws-sdk|smithy)\+/), '.js'),
  };
}

function botocore(): Sdk {
  return python('botocore', BOTOCORE);
}

function python(name: string, venv: Venv): Sdk {
  const found = locatePython(venv);
  const program = typeof found === 'string' ? found : '';
  return {
    name,
    version: venv.requirements[0]?.split('==')[1] ?? '',
    command: [program, join(PROGRAMS, 'python/ask.py')],
    build: () => {
      if (typeof found !== 'string') throw new Error(found.reason);
    },
    known: () => namesIn([sitePackages(program)], '.py'),
  };
}

/** botocore's own folder in the environment of a python. */
function sitePackages(program: string): string {
  const lib = join(program, '..', '..', 'lib');
  return join(lib, readdirSync(lib)[0] ?? '', 'site-packages', 'botocore');
}

/** The client that other tests have, too. */
function go2(): Sdk {
  const found = locateGoClient();
  const aws = 'github.com/aws/aws-sdk-go-v2';
  const parts = ['config', 'credentials', 'feature/ec2/imds'];
  return {
    name: 'Go v2',
    version: versionIn(readFileSync(join(goModule(), 'go.mod'), 'utf8'), `${aws}/config`),
    command: [typeof found === 'string' ? found : '', 'key'],
    build: () => {
      if (typeof found !== 'string') throw new Error(found.reason);
    },
    known: () =>
      namesIn(
        parts.map((part) => goModuleFolder(goModule(), `${aws}/${part}`)),
        '.go',
      ),
  };
}

function versionIn(goMod: string, module: string): string {
  return new RegExp(`${module} (v\\S+)`).exec(goMod)?.[1] ?? '';
}

function go(name: string, folder: string, module: string, inside: string): Sdk {
  const program = join(BUILT, folder);
  return {
    name,
    version: versionIn(read(`${folder}/go.mod`), module),
    command: [program],
    build: () => {
      const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' };
      must('go', ['build', '-mod=readonly', '-trimpath', '-o', program, '.'], join(PROGRAMS, folder), env);
    },
    known: () => namesIn([join(goModuleFolder(join(PROGRAMS, folder), module), inside)], '.go'),
  };
}

function java(name: string, folder: string, version: RegExp, jars: RegExp): Sdk {
  const target = join(BUILT, folder);
  return {
    name,
    version: version.exec(read(`${folder}/pom.xml`))?.[1] ?? '',
    command: ['java', '-XX:TieredStopAtLevel=1', '-cp', `${target}/target/classes:${target}/target/lib/*`, 'Ask'],
    build: () => {
      const goals = ['package', 'dependency:copy-dependencies', '-DoutputDirectory=target/lib'];
      mkdirSync(target, { recursive: true });
      must('cp', ['-r', 'pom.xml', 'src', `${target}/`], join(PROGRAMS, folder));
      must('mvn', ['-q', '-B', ...goals], target);
    },
    known: () => namesInJars(join(target, 'target', 'lib'), jars),
  };
}

function rust(name: string, program: string, crate: string, crates: readonly string[]): Sdk {
  const target = join(BUILT, 'rust');
  return {
    name,
    version: lockedVersion(crate),
    command: [join(target, 'release', program)],
    build: () => {
      if (existsSync(join(target, 'release', program))) return;
      const env = { ...process.env, CARGO_TARGET_DIR: target };
      must('cargo', ['build', '--release', '--locked'], join(PROGRAMS, 'rust'), env);
    },
    known: () =>
      namesIn(
        crates.map((crate) => crateFolder(crate)),
        '.rs',
        true,
      ),
  };
}

/** Its signer: opendal's own chain is that. */
function opendal(): Sdk {
  const target = join(BUILT, 'opendal');
  const crates = ['reqsign', 'reqsign-aws-core', 'reqsign-aws-v4'];
  return {
    name: 'opendal (reqsign)',
    version: lockedVersion('reqsign', 'opendal'),
    command: [join(target, 'release', 'rolechain-sdks-opendal')],
    build: () => {
      const env = { ...process.env, CARGO_TARGET_DIR: target };
      must('cargo', ['build', '--release', '--locked'], join(PROGRAMS, 'opendal'), env);
    },
    known: () =>
      namesIn(
        crates.map((crate) => crateFolder(crate, 'opendal')),
        '.rs',
        true,
      ),
  };
}

function lockedVersion(crate: string, program = 'rust'): string {
  const lock = read(`${program}/Cargo.lock`);
  return new RegExp(`name = "${crate}"\nversion = "([^"]+)"`).exec(lock)?.[1] ?? '';
}

/** The source of the version that Cargo.lock names, where cargo keeps it. */
function crateFolder(crate: string, program = 'rust'): string {
  const registry = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry', 'src');
  return join(registry, readdirSync(registry)[0] ?? '', `${crate}-${lockedVersion(crate, program)}`, 'src');
}

function read(path: string): string {
  return readFileSync(join(PROGRAMS, path), 'utf8');
}

function must(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): void {
  const options = { cwd, env, encoding: 'utf8' } as const;
  const { status, error, stderr, stdout }: SpawnSyncReturns<string> = spawnSync(command, args, options);
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}\n${stderr}`.slice(-2000)}`);
}
