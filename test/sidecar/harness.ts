/**
 * The sidecar as a process: bundled as it is shipped, with its files in a temporary folder, beside the
 * doubles of STS and of the Pod Identity agent.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  ENV,
  externalIDFile,
  PATHS,
  tokenFile,
  writeSidecarConfig,
  type SecretKeyRef,
  type SidecarConfig,
} from '@rolechain/shared';
import { buildProber, buildSidecar } from '../../scripts/build/sidecar.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { recordReply, recordSidecar, knowTokens } from '../secrets/record.ts';
import { heard, isSecret } from '@rolechain/kit/record.ts';

/** The two programs of the sidecar's image. */
export interface Programs {
  /** Node's arguments that start the sidecar. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly prober: string;
  /** A command before node's, which ends by executing its arguments: to start it in other surroundings. */
  readonly within?: readonly [string, ...string[]];
  remove(): void;
}

/** As the image has them: the build's own result, with the code cache, flags and environment. */
export async function bundlePrograms(): Promise<Programs> {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-bundle-'));
  const [{ args, environment }] = await Promise.all([buildSidecar(folder), buildProber(folder)]);
  return {
    args,
    environment,
    prober: join(folder, 'prober.cjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A folder that stands for a pod's file system. */
export interface PodFiles {
  readonly root: string;
  /** Writes the projected token of a base identity. */
  writeToken(kind: 'podIdentityToken' | 'irsaToken', token: string): void;
  /** Writes a file of the Secret behind `credentialSource: environment`. */
  writeSecret(name: string, content: string): void;
  /** Writes a key of a Secret behind `externalIDFrom`. */
  writeExternalID(ref: SecretKeyRef, value: string): void;
  /** Writes the pod's own API token, or the CA beside it. */
  writeApiAccess(name: 'token' | 'ca.crt', content: string): void;
  /** Of a role, as its containers read it. */
  readToken(role?: string): string;
  /** Takes the base identity's tokens away. */
  removeTokens(): void;
  remove(): void;
}

export function makePodFiles(): PodFiles {
  const root = mkdtempSync(join(tmpdir(), 'rolechain-pod-'));
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };
  return {
    root,
    writeToken: (kind, token) =>
      write(join(root, PATHS.baseIdentity, PATHS[kind]), isSecret('ServiceAccount token', token)),
    // Its keys are those of the double of STS, which knows them as secrets.
    writeSecret: (name, content) => write(join(root, PATHS.environment, name), content),
    writeExternalID: (ref, value) =>
      write(join(root, PATHS.externalIDs, externalIDFile(ref)), isSecret('value of a Secret', value)),
    writeApiAccess: (name, content) =>
      write(join(root, PATHS.apiAccess, name), name === 'token' ? isSecret('ServiceAccount token', content) : content),
    readToken: (role = 'default') => readFileSync(join(root, tokenFile(role)), 'latin1'),
    removeTokens: () => rmSync(join(root, PATHS.baseIdentity), { recursive: true }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

export interface SidecarOptions {
  readonly programs: Programs;
  readonly files: PodFiles;
  /** Without ports: free ones are taken. */
  readonly config: Omit<SidecarConfig, 'version' | 'ports'> & { readonly ports?: SidecarConfig['ports'] };
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningSidecar {
  readonly pid: number;
  readonly ports: SidecarConfig['ports'];
  readonly ended: Promise<Ended>;
  /** Everything that it has written so far. */
  output(): { readonly out: string; readonly err: string };
  signal(name: NodeJS.Signals): void;
  /** The startup probe's command. */
  probe(): Promise<{ readonly code: number | null; readonly out: string }>;
  /** A request to the credentials endpoint, with the token of `default` unless a header says otherwise. */
  ask(options?: AskOptions): Promise<Reply>;
  /** A request to the health port. */
  health(path: string): Promise<Reply>;
  /** Ends it, if it still runs. */
  stop(): Promise<void>;
}

export interface AskOptions {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Of a body in JSON. */
  readonly data: Readonly<Record<string, unknown>>;
}

export async function startSidecar({ programs, files, config, env }: SidecarOptions): Promise<RunningSidecar> {
  const ports = config.ports ?? { credentials: await freePort(), health: await freePort() };
  const whole = writeSidecarConfig({ version: 1, ...config, ports });
  const environment = {
    ...programs.environment,
    [ENV.config]: whole,
    [ENV.podName]: 'orders-1',
    [ENV.root]: files.root,
    ...env,
  };
  const [command, ...args] = [...(programs.within ?? []), process.execPath, ...programs.args] as [string, ...string[]];
  const child = spawn(command, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code, signal]: unknown[]): Ended => ({
    code: code as Ended['code'],
    signal: signal as Ended['signal'],
  }));
  let running = true;
  void ended.then(() => {
    running = false;
    heard('output of the sidecar', out + err);
  });

  return {
    pid: child.pid ?? -1,
    ports,
    ended,
    output: () => ({ out, err }),
    signal: (name) => void child.kill(name),
    probe: async () => {
      const prober = spawn(process.execPath, [programs.prober], { env: { [ENV.root]: files.root } });
      let text = '';
      prober.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const [code] = (await once(prober, 'close')) as [number | null];
      heard('output of the prober', text);
      return { code, out: text };
    },
    ask: async ({ path = PATHS.credentials, method = 'GET', headers = {} } = {}) => {
      const sent = 'authorization' in headers ? headers : { authorization: files.readToken(), ...headers };
      const reply = await send(ports.credentials, path, method, sent);
      recordReply('credentials', reply.status, reply.body);
      return reply;
    },
    health: async (path) => {
      const reply = await send(ports.health, path, 'GET', {});
      recordReply('health', reply.status, reply.body);
      return reply;
    },
    stop: async () => {
      await knowTokens(join(files.root, PATHS.tokens));
      if (running) {
        await recordSidecar(ports);
        child.kill('SIGKILL');
      }
      await ended;
    },
  };
}

/** When it wrote the tokens, in milliseconds since 1970, as its log says. */
export function writtenAt(sidecar: RunningSidecar): number | undefined {
  const lines = sidecar.output().out.split('\n');
  const line = lines.find((one) => one.includes('"credentials endpoint listens"'));
  return line === undefined ? undefined : Date.parse((JSON.parse(line) as { time: string }).time);
}

/** One request on a connection of its own. An empty header is not sent. */
async function send(
  port: number,
  path: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
  const call = request({ host: '127.0.0.1', port, path, method, headers: sent, agent: false });
  call.end();
  const [response] = (await once(call, 'response')) as [import('node:http').IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  const isJSON = response.headers['content-type']?.startsWith('application/json') === true && body !== '';
  const data = isJSON ? (JSON.parse(body) as Record<string, unknown>) : {};
  return { status: response.statusCode ?? 0, headers: response.headers, body, data };
}
