/**
 * The README's first command as a stranger runs it: `node scripts/fresh-clone.mjs [--as-i-am]`. In a new clone of HEAD,
 * `npx -y pnpm@10 demo` must end with 0, and its program must be the target role of demo/orders.yaml.
 *
 * A stranger has an empty home, no caches, no Go, no kube-apiserver; of this machine's configuration only what leads to
 * registries: npm's own, proxies and CAs. Where this runs as root, the stranger is user 65534, else the same user: no
 * program is needed for the change, Node itself makes it. With `--as-i-am` it is this user with all that it has, and the
 * demo must take the kube-apiserver that is there.
 *
 * Plain JavaScript on Node 20's own modules: it runs before anything is installed.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { 'as-i-am': { type: 'boolean', default: false } } });
const STRANGER = !values['as-i-am'];
/** nobody, whom no file of this machine belongs to. */
const NOBODY = 65534;
const isRoot = process.platform === 'linux' && process.getuid() === 0;
const user = STRANGER && isRoot ? { uid: NOBODY, gid: NOBODY } : {};
/** A machine that hangs must not hang CI. It takes half a minute where nothing else runs. */
const LIMIT_MS = 600_000;

const place = mkdtempSync(join(tmpdir(), 'rolechain-fresh-clone-'));
process.once('exit', () => rmSync(place, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** Folders of this user alone, in one that others may pass through. */
function folder(name) {
  const path = join(place, name);
  mkdirSync(path, { mode: 0o700 });
  if ('uid' in user) chownSync(path, user.uid, user.gid);
  return path;
}

function git(args, options = {}) {
  // Whose repository it is says nothing about whether it may be read: the file is for the other git, which serves it.
  const config = join(place, 'gitconfig');
  writeFileSync(config, '[safe]\n\tdirectory = *\n');
  const env = { ...process.env, GIT_CONFIG_GLOBAL: config, GIT_TERMINAL_PROMPT: '0' };
  return execFileSync('git', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...user,
    env,
    ...options,
  });
}

/** Any clone will do as a source, a shallow one or one without a branch as well. */
function clone(home) {
  const path = join(home, 'rolechain');
  // As this user, who may read it; then the stranger's own.
  git(['clone', '--quiet', '--depth', '1', pathToFileURL(ROOT).href, path], { uid: undefined, gid: undefined });
  if ('uid' in user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, path]);
  return path;
}

/** All programs of the system but those that a bare machine lacks, and the Node that runs this. */
function programs() {
  const bin = folder('bin');
  const dirs = (process.env.PATH ?? '').split(delimiter).filter((dir) => dir !== '' && !dir.includes('node_modules'));
  const link = (dir, name) => {
    if (!existsSync(join(bin, name))) symlinkSync(join(dir, name), join(bin, name));
  };
  for (const name of ['node', 'npm', 'npx']) {
    const dir = dirs.find((one) => existsSync(join(one, name)));
    if (dir === undefined) throw new Error(`there is no ${name} on the PATH`);
    link(dir, name);
  }
  const absent = ['go', 'gofmt', 'pnpm', 'etcd', 'kube-apiserver', 'kubectl'];
  for (const dir of ['/usr/bin', '/bin']) {
    for (const name of existsSync(dir) ? readdirSync(dir) : []) if (!absent.includes(name)) link(dir, name);
  }
  return bin;
}

/** What leads to registries here; npm's names in either case. */
const KEPT =
  /^(npm_config_(?!cache|prefix|userconfig)\w+|https?_proxy|all_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(file|dir))$/i;

function environment(home) {
  if (!STRANGER) return { ...process.env, TMPDIR: folder('tmp') };
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => KEPT.test(name)));
  const own = process.env.NPM_CONFIG_USERCONFIG ?? process.env.npm_config_userconfig ?? join(homedir(), '.npmrc');
  if (existsSync(own)) {
    env.NPM_CONFIG_USERCONFIG = join(place, 'npmrc');
    copyFileSync(own, env.NPM_CONFIG_USERCONFIG);
    chmodSync(env.NPM_CONFIG_USERCONFIG, 0o600);
    if ('uid' in user) chownSync(env.NPM_CONFIG_USERCONFIG, user.uid, user.gid);
  }
  return { ...env, PATH: programs(), HOME: home, TMPDIR: folder('tmp') };
}

/** Runs a program to its end; gives its exit code and what it wrote, which also comes out here. */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, ...user, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const kill = () => process.kill(-child.pid, 'SIGKILL');
    const timer = setTimeout(() => {
      console.error(`it has not ended within ${LIMIT_MS / 1000} s`);
      kill();
    }, LIMIT_MS);
    process.once('exit', () => child.exitCode ?? child.signalCode ?? kill());
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, output });
    });
  });
}

/** The session that README promises: of the role that the demo's account names. */
function expectedSession(path) {
  const manifests = readFileSync(join(path, 'demo', 'orders.yaml'), 'utf8');
  const [, account, role] = /rolechain\.io\/assume-role: arn:aws:iam::(\d{12}):role\/(\S+)/.exec(manifests) ?? [];
  return `arn:aws:sts::${account}:assumed-role/${role}/`;
}

/** What of it is not as promised, each a sentence. */
function problems({ code, output }, path, tmp) {
  // eslint-disable-next-line no-control-regex
  const text = output.replace(/\u001b\[[\d;]*m/g, '');
  const arn = /^The program is {2}(\S+)$/m.exec(text)?.[1];
  const expected = expectedSession(path);
  const bare = text.includes('There is no kube-apiserver here');
  const left = readdirSync(tmp).filter((name) => name.startsWith('rolechain-'));
  return [
    ...(code === 0 ? [] : [`it ended with ${code}`]),
    ...(arn?.startsWith(expected) ? [] : [`the program is ${arn ?? 'nobody'}, and not ${expected}...`]),
    ...(bare === STRANGER
      ? []
      : [bare ? 'it found no kube-apiserver' : 'it found a kube-apiserver: this is no bare machine']),
    ...(left.length === 0 ? [] : [`it left ${left.join(', ')} in TMPDIR`]),
  ];
}

async function main() {
  chmodSync(place, 0o755);
  const began = Date.now();
  const home = folder('home');
  const path = clone(home);
  const env = environment(home);
  const who = 'uid' in user ? `user ${NOBODY}` : `this user (${process.getuid?.() ?? ''})`;
  const what = STRANGER ? `${who}, with an empty home, no Go, no kube-apiserver` : `${who}, with all that is here`;
  console.log(
    `npx -y pnpm@10 demo in a new clone of ${git(['-C', path, 'rev-parse', '--short', 'HEAD']).trim()}, as ${what}`,
  );
  const wrong = problems(await run('npx', ['-y', 'pnpm@10', 'demo'], { cwd: path, env }), path, env.TMPDIR);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  if (wrong.length === 0) console.log(`A stranger's first command works: ${seconds} s, from clone to role.`);
  else throw new Error(`the README's first command does not work, as ${what}: ${wrong.join('; ')}`);
}

main().catch((error) => {
  console.error(`fresh-clone: ${error.message}`);
  process.exitCode = 1;
});
