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
  readonly say: (line: string) => void;
}

const SAMPLE_MS = 5000;
const TELL_MS = 60_000;

export async function soak({ kube, aws, app, minutes, say }: SoakOptions): Promise<readonly SoakRow[]> {
  await prepare(kube);
  aws.sts.setSessionSeconds(SESSION_SECONDS);
  const end = new AbortController();
  const { signal } = end;
  const seconds = 60 * minutes;
  const random = seeded(1);
  const weather = startWeather(aws, random, signal);
  const [seen, operated] = [nothingSeen(), nothingOperated()];
  const meter = makeMeter(() => performance.now());
  const operation = { kube, signal, operated, everyMs: Math.max(10_000, Math.min(240_000, (1000 * seconds) / 4)) };
  const before = assumeRolesOf(aws);
  const result = () => ({
    ...{ seen, operated, lives: meter.lives(), storms: weather.storms(), met: weather.met() },
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
  const timer = setTimeout(() => end.abort(), 1000 * seconds);
  try {
    await Promise.all([
      ...[runCrowd({ kube, app, random, signal, seen }, seconds), operate(operation), watchCertificate(operation)],
      ...[measure(), weather.over],
    ]);
    return rowsOf(result());
  } finally {
    clearTimeout(timer);
    end.abort();
    await weather.over;
    aws.sts.setSessionSeconds(undefined);
  }
}

const assumeRolesOf = ({ sts }: Aws): number =>
  sts.requests.filter(({ action }) => action.startsWith('AssumeRole')).length;
