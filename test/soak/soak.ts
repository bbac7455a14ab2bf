/** A soak of an installed rolechain: pods, weather, an admin and a meter at once, for so many minutes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '@rolechain/kit/seeded.ts';
import type { Aws } from '../fixture/aws.ts';
import type { Kube } from '../node/suite/kube.ts';
import type { App } from '../node/suite/workloads.ts';
import { makeMeter } from './meter.ts';
import { nothingOperated, operate, prepare, watchCertificate } from './operate.ts';
import { nothingSeen, runCrowd } from './pods.ts';
import { rowsOf, type SoakRow } from './report.ts';
import { SESSION_SECONDS, startWeather } from './weather.ts';

export interface SoakOptions {
  readonly kube: Kube;
  readonly aws: Aws;
  readonly app: App;
  readonly minutes: number;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
  readonly say: (line: string) => void;
}

const SAMPLE_MS = 5000;
const TELL_MS = 60_000;
/** So long that the growth of a webhook can be seen before it is rolled. */
const ROLL_MS = 600_000;

export interface Outcome {
  readonly rows: readonly SoakRow[];
  /** Minutes. */
  readonly lasted: number;
}

export async function soak({ kube, aws, app, minutes, signal: stopped, say }: SoakOptions): Promise<Outcome> {
  await prepare(kube);
  aws.sts.setSessionSeconds(SESSION_SECONDS);
  const end = new AbortController();
  const { signal } = end;
  const seconds = 60 * minutes;
  const random = seeded(1);
  const weather = startWeather(aws, random, signal);
  const [seen, operated] = [nothingSeen(), nothingOperated()];
  const meter = makeMeter(() => performance.now());
  const operation = { kube, signal, operated, everyMs: Math.max(10_000, Math.min(ROLL_MS, (1000 * seconds) / 4)) };
  const before = assumeRolesOf(aws);
  const result = (lasted: number) => ({
    ...{ minutes: lasted, seen, operated, lives: meter.lives(), storms: weather.storms(), met: weather.met() },
    assumeRoles: assumeRolesOf(aws) - before,
  });
  const measure = async (): Promise<void> => {
    for (let toldAt = performance.now(); !signal.aborted;) {
      meter.sample();
      if (performance.now() - toldAt >= TELL_MS) {
        toldAt = performance.now();
        const { pods, calls, failedCalls, refused, notInjected } = seen;
        const { rolls, certificates } = operated;
        say(
          JSON.stringify({
            pods,
            calls,
            failedCalls,
            refused: refused.length,
            notInjected,
            rolls,
            certificates: certificates.size,
          }),
        );
      }
      await sleep(SAMPLE_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const began = performance.now();
  const timer = setTimeout(() => end.abort(), 1000 * seconds);
  stopped?.addEventListener('abort', () => end.abort());
  if (stopped?.aborted === true) end.abort();
  let lasted = 0;
  signal.addEventListener('abort', () => (lasted = (performance.now() - began) / 60_000));
  try {
    await Promise.all([
      ...[runCrowd({ kube, app, random, signal, seen }, seconds), operate(operation), watchCertificate(operation)],
      ...[measure(), weather.over],
    ]);
    return { rows: rowsOf(result(lasted)), lasted };
  } finally {
    clearTimeout(timer);
    end.abort();
    await weather.over;
    aws.sts.setSessionSeconds(undefined);
  }
}

const assumeRolesOf = ({ sts }: Aws): number =>
  sts.requests.filter(({ action }) => action.startsWith('AssumeRole')).length;
