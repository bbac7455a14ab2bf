/**
 * moto's STS, in a process of its own: a second opinion, since nobody of this project wrote it. It parses our
 * requests and our code parses its answers. It checks little: any access key and any signature pass, a role needs
 * neither to exist nor to trust the caller, and a web identity token, an ExternalId and a chain's limit of one hour
 * are not looked at. It does know which role a session's key belongs to, and that is what the tests ask.
 */
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@rolechain/kit/free-port.ts';
import { spawnTied } from '@rolechain/kit/tied-process.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';

export interface Moto {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts it on loopback with the python of its environment. Throws with its log when it doesn't answer. */
export async function startMoto(python: string): Promise<Moto> {
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-moto-'));
  const logFile = join(folder, 'log');
  const output = await open(logFile, 'a');
  const port = await freePort();
  const child = spawnTied(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', `${port}`], {
    env: { PATH: process.env.PATH },
    output: output.fd,
    removeAfter: folder,
  });
  const stop = async (): Promise<void> => {
    await child.kill();
    await output.close();
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await until('moto answers', PATIENCE_MS, async () => (await fetch(`${url}/moto-api/`)).ok);
  } catch (error) {
    const tail = await readFile(logFile, 'utf8');
    await stop();
    throw new Error(`moto did not start:\n${tail.slice(-2000)}`, { cause: error });
  }
  return { url, stop };
}
