import { makeTokenBucket } from './token-bucket.ts';
import { CertificateError, describeFailure } from './errors.ts';
import type { Log } from './log.ts';
import { makeNudges, type Nudges } from './nudges.ts';
import type { Published } from './publish.ts';
import { backoff, pause } from './retry.ts';
import type { Certificates } from './rotation.ts';

/** How long a change goes unseen of which no nudge told. */
export const CHECK_INTERVAL_MS = 10 * 60 * 1000;

/** After a failure it is tried again sooner; a refusal (RBAC) is mended by people, within minutes. */
const AFTER_FAILURE = { firstMs: 1_000, longestMs: 60_000 };

/** Looks that nudges lead to, three reads each: an object that somebody writes all the time makes no tight loop. */
const NUDGED_LOOKS = { burst: 10, everyMs: 500 };

/** One look publishes, and looks again whether what it published is still what the Secret holds. */
const LOOKS = 3;

/** How a CA follows another with no pod refused, in milliseconds. */
export interface Overlap {
  /** Both are published so long before the new leaf is served: apiservers hear of a bundle by a watch. */
  readonly lagMs: number;
  /** So long a CA that isn't the Secret's stays published: until every replica serves the new leaf. */
  readonly keepMs: number;
}
export const OVERLAP: Overlap = { lagMs: 1_000, keepMs: 10_000 };

export interface MaintainOptions {
  /** `ensureCertificates`, bound to a Secret. */
  readonly store: (signal: AbortSignal) => Promise<Certificates>;
  /** `publishCaBundle`, bound to one configuration or several. */
  readonly publish: (bundle: string, others: 'keep' | 'drop', signal: AbortSignal) => Promise<Published>;
  /**
   * Serves these from now on (`server.setSecureContext`): called with the first ones, unless they are
   * `current`, and whenever leaf or key have changed. If it throws, it is called again at the next look.
   */
  readonly onChange: (certificates: Certificates) => void | Promise<void>;
  /** What is served already. */
  readonly current?: Certificates;
  /** Milliseconds between two looks, jittered by a tenth; default CHECK_INTERVAL_MS. */
  readonly intervalMs?: number;
  /** Nudged when the Secret or a configuration may have changed: then it is looked at once. */
  readonly nudges?: Nudges;
  readonly overlap?: Overlap;
  /** Ends the maintenance. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** A number in [0, 1). */
  readonly random?: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly now?: () => number;
}

/**
 * Keeps the served leaf equal to the Secret's, and the published bundle equal to it too, until `signal`
 * aborts. Never rejects: a failure is logged with its code and tried again, and what is served stays.
 */
export async function maintainCertificates(options: MaintainOptions): Promise<void> {
  const { intervalMs = CHECK_INTERVAL_MS, nudges = makeNudges(), signal, log, random = Math.random } = options;
  const { overlap = OVERLAP, now = () => performance.now() } = options;
  // Also at the start: the others may be in the midst of it.
  const state: State = { served: options.current, aloneFrom: now() + overlap.keepMs, now, overlap };
  const nudged = makeTokenBucket({ ...NUDGED_LOOKS, now });
  const isEnded = (): boolean => signal.aborted;
  let failures = 0;
  while (!isEnded()) {
    const startedAt = now();
    try {
      await look(options, state);
      failures = 0;
    } catch (error) {
      if (isEnded()) return;
      failures++;
      log.error({ ...errorFields(error), failures }, 'certificates: will retry');
    }
    const regular = intervalMs * (0.9 + random() / 5);
    // What was kept published is dropped by a look of its own.
    const wanted = startedAt < state.aloneFrom ? Math.min(regular, state.aloneFrom - startedAt) : regular;
    await nudges.wait(failures === 0 ? wanted : Math.min(wanted, backoff(failures, AFTER_FAILURE, random)), signal);
    await nudged.take(signal);
  }
}

interface State {
  served: Certificates | undefined;
  /** From then on no other CA than the Secret's stays published. */
  aloneFrom: number;
  readonly now: () => number;
  readonly overlap: Overlap;
}

async function look(options: MaintainOptions, state: State): Promise<void> {
  const { store, publish, signal, log } = options;
  // First, since it is quick: a new CA takes a second to make, and where the Secret can't be read, or made, for as long as
  // that lasts, what is served must be vouched for all the same. A failure comes again below.
  if (state.served) await publish(state.served.bundle, 'keep', signal).catch(() => undefined);
  for (let i = 0; i < LOOKS && !signal.aborted; i++) {
    const found = await store(signal);
    if (found.certificate !== state.served?.certificate || found.key !== state.served.key) {
      await change(options, state, found);
    }
    // A bundle that had to be published may have been one of a Secret that was just being replaced:
    // then it undid what another replica had published, and would stay so until the next look.
    const others = state.now() < state.aloneFrom ? 'keep' : 'drop';
    if (!(await publish(found.bundle, others, signal)).changed) return;
    log.info({}, 'certificates: the CA bundle was published');
  }
}

/** A leaf of another CA is served once apiservers know both, so that they accept either replica's all along. */
async function change(options: MaintainOptions, state: State, found: Certificates): Promise<void> {
  const { publish, onChange, signal, log } = options;
  const { served, overlap, now } = state;
  if (served !== undefined && served.bundle !== found.bundle) {
    state.aloneFrom = now() + overlap.lagMs + overlap.keepMs;
    // A failure comes again once it is served: where one configuration is missing, the other has its users all the same.
    const published = await publish(found.bundle, 'keep', signal).catch(() => undefined);
    // With no other CA published the present leaf is of no use, and waiting neither.
    if (published?.others !== false) await pause(overlap.lagMs, signal);
  }
  await onChange(found);
  state.served = found;
  log.info({ notAfter: found.notAfter }, 'certificates: a new leaf is served');
}

function errorFields(error: unknown): { code: string; error: string } {
  if (error instanceof CertificateError) return { code: error.code, error: error.message };
  return { code: 'CertificatesUnavailable', error: describeFailure(error) };
}
