/**
 * An ordinary program of an ordinary user: the AWS SDK for JavaScript v3 with its default configuration. It says who
 * it is: once, or every 200 ms (`loop`) until SIGTERM and some time beyond, as a program does that ends its work.
 * Each call is made by a new client, which asks for credentials itself: none are left over from before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { proxy, validateRedirect } from './mesh.ts';
import { peek } from './peek.ts';
import { waitForRestores } from './restores.ts';

const CALLS_AFTER_SIGTERM = 15;

async function whoAmI(): Promise<string> {
  const client = new STSClient({});
  try {
    const { Arn = '' } = await client.send(new GetCallerIdentityCommand({}));
    return Arn;
  } finally {
    client.destroy();
  }
}

async function loop(): Promise<void> {
  const signals: string[] = [];
  process.once('SIGTERM', (signal) => signals.push(signal));
  let calls = 0;
  while (calls < CALLS_AFTER_SIGTERM) {
    // As of the call's beginning: one that runs when the signal comes is none of those after it.
    const ending = signals.length > 0;
    if (ending) calls += 1;
    const line = await whoAmI().catch((error: unknown) => `failed: ${String(error)}`);
    console.log(ending ? `ending: ${line}` : line);
    await sleep(200);
  }
  console.log('ended');
}

const TELLS_EVERY_MS = 5000;

/** For so many seconds, or until SIGTERM; tells how many calls there were, how many failed, and each kind of failure. */
async function soak(seconds: number): Promise<void> {
  const signals: string[] = [];
  process.once('SIGTERM', (signal) => signals.push(signal));
  const until = Date.now() + 1000 * seconds;
  const errors: Record<string, number> = {};
  let [calls, failed, toldAt] = [0, 0, 0];
  while (Date.now() < until && signals.length === 0) {
    calls += 1;
    await whoAmI().catch((error: unknown) => {
      failed += 1;
      const what = String(error).slice(0, 300);
      // A program that runs for an hour must not keep a text a call.
      if (what in errors || Object.keys(errors).length < 10) errors[what] = (errors[what] ?? 0) + 1;
    });
    if (Date.now() - toldAt >= TELLS_EVERY_MS || calls === 1) {
      toldAt = Date.now();
      console.log(JSON.stringify({ calls, failed, errors }));
    }
    await sleep(200);
  }
  console.log(JSON.stringify({ calls, failed, errors, ended: true }));
}

/** Many at once: how many of them got an answer. */
async function burst(): Promise<number> {
  const answers = await Promise.allSettled(Array.from({ length: 100 }, whoAmI));
  return answers.filter(({ status }) => status === 'fulfilled').length;
}

async function main([mode = 'once', word = '']: readonly string[]): Promise<void> {
  if (mode === 'loop') await loop();
  else if (mode === 'soak') await soak(Number(word));
  else if (mode === 'burst') console.log(await burst());
  else if (mode === 'peek') console.log(JSON.stringify(peek(word)));
  else if (mode === 'mesh-validate') console.log(await validateRedirect());
  else if (mode === 'mesh-proxy') await proxy();
  else if (mode === 'wait-for-restores') await waitForRestores(word);
  else console.log(await whoAmI());
}

void main(process.argv.slice(2));
