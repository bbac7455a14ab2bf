/** Hears what programs say to anyone who asks, shortly before they are ended. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PATHS } from '@rolechain/shared';
import { heard, isRecording, isSecret, type Channel } from '@rolechain/kit/record.ts';

/** A second is far more than an answer takes; a program that hangs is not waited for. */
const PATIENCE_MS = 1000;

/** What a health port says. */
export async function recordHealth(port: number): Promise<void> {
  if (!isRecording()) return;
  const paths = [PATHS.healthz, PATHS.readyz, PATHS.status, PATHS.metrics, '/nowhere'];
  await Promise.all(paths.map((path) => hearAnswer(`http://127.0.0.1:${port}${path}`, {})));
}

/** What a running sidecar says to anybody who asks. */
export async function recordSidecar(ports: { readonly credentials: number; readonly health: number }): Promise<void> {
  if (!isRecording()) return;
  const url = `http://127.0.0.1:${ports.credentials}${PATHS.credentials}`;
  const wrong = { headers: { authorization: 'a-token-of-nobody' } };
  const errors = [hearAnswer(url, {}), hearAnswer(url, wrong), hearAnswer(`${url}/nobody`, wrong)];
  await Promise.all([...errors, hearAnswer(url, { ...wrong, method: 'POST' }), recordHealth(ports.health)]);
}

/** Of the credentials endpoint only what it refuses: its 200 is where the secrets belong. */
export function recordReply(channel: 'credentials' | 'health', status: number, body: string): void {
  if (channel === 'health') heard('answer on the health port', body);
  else if (status !== 200) heard('error of the credentials endpoint', body);
}

async function hearAnswer(url: string, init: RequestInit): Promise<void> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    recordReply(url.includes(PATHS.credentials) ? 'credentials' : 'health', answer.status, await answer.text());
  } catch {
    // It has ended, or does not listen yet: then there is nothing to hear.
  }
}

/** What a program has written into a file; nothing where a test has removed it already. */
export async function recordFile(channel: Channel, path: string): Promise<void> {
  if (isRecording()) heard(channel, await readFile(path, 'utf8').catch(() => ''));
}

/** Notes the tokens of all roles, from the folder that stands for the volume `rolechain`. */
export async function knowTokens(volume: string): Promise<void> {
  if (!isRecording()) return;
  // Where the sidecar never came so far there is no folder, or none with a token.
  for (const role of await readdir(volume).catch(() => [])) {
    isSecret('authorization token', await readFile(join(volume, role, 'token'), 'latin1').catch(() => ''));
  }
}
