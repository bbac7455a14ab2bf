/** What a program logs of its V8 code cache: the one thing that shows whether it is used. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ENV, writeSidecarConfig } from '@rolechain/shared';

/** The sidecar's. A role that can't be reached, on ports that nothing else uses; whether they can be opened does not matter. */
const CONFIG = writeSidecarConfig({
  version: 1,
  namespace: 'default',
  serviceAccount: 'default',
  ports: { credentials: 1, health: 2 },
  agentEndpoints: ['http://127.0.0.1:3/v1/credentials'],
  stsEndpoint: 'http://127.0.0.1:3',
  roles: {
    default: {
      source: { type: 'pod-identity' },
      startup: 'require',
      hops: [
        { roleARN: 'arn:aws:iam::111111111111:role/x', sessionName: 'x', durationSeconds: 900, stsRegion: 'us-east-1' },
      ],
    },
  },
});

/** The webhook's, for a file that it is started with: it says so before it finds that there is no apiserver. */
export const WEBHOOK_SETTINGS = JSON.stringify({
  ...{ sidecarImage: 'example', region: 'us-east-1', logLevel: 'debug' },
  ...{ address: '127.0.0.1', port: 1, healthPort: 2 },
});

export interface CodeCacheOptions {
  /** Beside the sidecar's configuration. */
  readonly env: NodeJS.ProcessEnv;
  /** Default: as long as a busy machine takes to start it. */
  readonly timeoutMs?: number;
  /** Is told each line. */
  readonly hear?: (line: string) => void;
}

/** Starts the program, and ends it once it has said so; undefined where it ends without. */
export async function saidOfCodeCache(
  command: string,
  args: readonly string[],
  { env, timeoutMs, hear }: CodeCacheOptions,
): Promise<{ readonly level: unknown; readonly codeCache: unknown } | undefined> {
  const child = spawn(command, args, {
    env: { ...env, [ENV.config]: CONFIG, [ENV.logLevel]: 'debug' },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'exit');
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      hear?.(line);
      if (!line.includes('"codeCache"')) continue;
      const { level, codeCache } = JSON.parse(line) as Record<string, unknown>;
      return { level, codeCache };
    }
    return undefined;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
