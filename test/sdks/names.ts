/** Which environment variables an SDK knows, read in its own sources. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const PREFIX = '(?:AWS|AMAZON|BOTO|MINIO|MC)_';
/** A name as a quoted text or as a member of an environment. */
const FORMS = [
  new RegExp(`["'\`](${PREFIX}[A-Z][A-Z0-9_]{1,60})["'\`]`, 'g'),
  new RegExp(`\\benv\\.(${PREFIX}[A-Z][A-Z0-9_]{1,60})\\b`, 'g'),
];
/** JavaScript v2 puts a prefix in front of three names (lib/credentials/environment_credentials.js). */
const PREFIXED = /EnvironmentCredentials\('(\w+)'\)/g;
const OF_PREFIX = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN'];
/** object_store takes each of its options' names in capitals (src/aws/builder.rs, from_env). */
const OPTION = /"(aws_[a-z0-9_]{2,60})"/g;

/** The names in one text. */
export function namesInText(text: string): string[] {
  return [
    ...FORMS.flatMap((form) => [...text.matchAll(form)].map(([, name = '']) => name)),
    ...[...text.matchAll(PREFIXED)].flatMap(([, prefix = '']) => OF_PREFIX.map((name) => `${prefix}_${name}`)),
  ];
}

/** The names in all files of these folders that end so, tests left out; sorted, each once. */
export function namesIn(folders: readonly string[], ending: string, options = false): string[] {
  const names = new Set<string>();
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(ending) || /_test\.|\.spec\.|\.d\.ts$/.test(entry.name)) continue;
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
      for (const name of namesInText(text)) names.add(name);
      if (options) for (const [, name = ''] of text.matchAll(OPTION)) names.add(name.toUpperCase());
    }
  }
  return [...names].sort();
}

/** The names among the constants of the classes in a folder of jars. */
export function namesInJars(folder: string, jars: RegExp): string[] {
  const names = new Set<string>();
  for (const jar of readdirSync(folder).filter((name) => jars.test(name))) {
    const { stdout } = spawnSync('unzip', ['-p', join(folder, jar), '*.class'], { encoding: 'latin1', maxBuffer: 1e9 });
    for (const [, name = ''] of stdout.matchAll(/(?<![A-Z0-9_])((?:AWS|AMAZON)_[A-Z][A-Z0-9_]{1,60})(?![A-Z0-9_])/g))
      names.add(name);
  }
  return [...names].sort();
}

/** Folders of the packages in pnpm's store whose name matches. */
export function pnpmPackages(root: string, name: RegExp): string[] {
  const store = join(root, 'node_modules', '.pnpm');
  return (
    readdirSync(store)
      .filter((entry) => name.test(entry))
      // `@aws-sdk+client-sts@3.1.0_…` holds @aws-sdk/client-sts.
      .map((entry) => join(store, entry, 'node_modules', entry.slice(0, entry.indexOf('@', 1)).replace('+', '/')))
      .filter((folder) => existsSync(folder))
  );
}

/** Where Go keeps the source of a module that a module of ours asks for; fetched from the module proxy where it isn't there. */
export function goModuleFolder(folder: string, module: string): string {
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '-mod=readonly' };
  const options = { cwd: folder, encoding: 'utf8', env } as const;
  const { status, stdout, stderr } = spawnSync('go', ['mod', 'download', '-json', module], options);
  const found = status === 0 ? (JSON.parse(stdout) as { Dir?: string }).Dir : undefined;
  if (found === undefined || !existsSync(found)) throw new Error(`Go has no ${module} here: ${stderr}`);
  return found;
}
