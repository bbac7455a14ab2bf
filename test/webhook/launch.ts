/** dist/webhook.cjs as a process that need not become ready. */
import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENV, PATHS, WEBHOOK_FLAGS } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { spawnTied, type TiedProcess } from '@rolechain/kit/tied-process.ts';
import { recordFile, recordHealth, recordReply } from '../secrets/record.ts';
import { ROOT } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';

export interface Launched {
  readonly process: TiedProcess;
  readonly port: number;
  readonly healthPort: number;
  readonly settingsFile: string;
  /** Everything that it has written to either output. */
  readonly log: () => string;
  /** Status and reason codes of /readyz. */
  readonly readiness: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface LaunchOptions {
  /** A kubeconfig file; without it there is no apiserver to ask. */
  readonly kubeconfig?: string;
  /** The settings file's text; default: valid settings with ports of their own, and these changes. */
  readonly settingsText?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function launch(options: LaunchOptions = {}): Promise<Launched> {
  const { kubeconfig, settings, args = [], env } = options;
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-launch-'));
  const [port, healthPort] = [await freePort(), await freePort()];
  const file = join(folder, 'settings.yaml');
  const base = { sidecarImage: 'sidecar:1', region: 'eu-central-1', address: '127.0.0.1', port, healthPort };
  await writeFile(file, options.settingsText ?? JSON.stringify({ ...base, ...settings }));
  const logFile = join(folder, 'log');
  const output = await open(logFile, 'a');
  const child = spawnTied(
    process.execPath,
    [...WEBHOOK_FLAGS, join(ROOT, 'dist', 'webhook.cjs'), '--settings', file, ...args],
    {
      env: { [ENV.namespace]: NAMESPACE, ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }), ...env },
      output: output.fd,
      removeAfter: folder,
    },
  );
  return {
    process: child,
    port,
    healthPort,
    settingsFile: file,
    log: () => readFileSync(logFile, 'utf8'),
    readiness: async () => {
      const response = await fetch(`http://127.0.0.1:${healthPort}${PATHS.readyz}`);
      const body = await response.text();
      recordReply('health', response.status, body);
      const { reasons } = JSON.parse(body) as { reasons: { code: string }[] };
      return [response.status, ...reasons.map(({ code }) => code)].join(' ');
    },
    stop: async () => {
      await recordHealth(healthPort);
      await child.kill();
      await recordFile('output of the webhook', logFile);
      await output.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
