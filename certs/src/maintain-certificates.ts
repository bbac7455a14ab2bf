/** Carries out what `plan` says, for as long as the process lives. */
import { CERTIFICATE_TIMES } from '@rolechain/shared';
import { CertificateError, describeFailure } from './errors.ts';
import { look, type State } from './look.ts';
import type { MaintainOptions } from './maintain-options.ts';
import { makeNudges } from './nudges.ts';
import { backoff, type Retries } from './retry.ts';
import { makeTokenBucket } from './token-bucket.ts';

/** After a failure it is tried again sooner; a refusal (RBAC) is mended by people, within minutes. */
const AFTER_FAILURE: Omit<Retries, 'attempts'> = { firstMs: 1_000, longestMs: 60_000 };

/** Looks that nudges lead to, three reads each: an object that somebody writes all the time makes no tight loop. */
const NUDGED_LOOKS = { burst: 10, everyMs: 500 };

/**
 * Keeps Secret, configurations and what is served as `plan` says, until `signal` aborts. Never rejects: a failure is logged
 * with its code and tried again, and what is served stays.
 */
export async function maintainCertificates(options: MaintainOptions): Promise<void> {
  const { nudges = makeNudges(), signal, log, random = Math.random, now = () => performance.now() } = options;
  const { times = CERTIFICATE_TIMES, wall = () => new Date() } = options;
  const state: State = {
    served: undefined,
    servedSince: now(),
    vouchedSince: new Map(),
    jitter: random(),
    ...{ clockWrites: [], isClockDoubtful: false },
  };
  const nudged = makeTokenBucket({ ...NUDGED_LOOKS, now });
  const isEnded = (): boolean => signal.aborted;
  let failures = 0;
  while (!isEnded()) {
    let restMs: number;
    try {
      restMs = await look({ ...options, times, now, wall }, state);
      failures = 0;
    } catch (error) {
      if (isEnded()) return;
      failures++;
      log.error({ ...errorFields(error), failures }, 'certificates: will retry');
      restMs = backoff(failures, AFTER_FAILURE, random);
    }
    // The regular one is jittered: replicas that started together need not look together.
    const wanted = restMs < times.checkMs ? restMs : restMs * (0.9 + random() / 5);
    await nudges.wait(wanted, signal);
    await nudged.take(signal);
  }
}

export function errorFields(error: unknown): { code: string; error: string } {
  if (error instanceof CertificateError) return { code: error.code, error: error.message };
  return { code: 'CertificatesUnavailable', error: describeFailure(error) };
}
