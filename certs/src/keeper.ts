import { CertificateError, describeFailure } from './errors.ts';
import type { Log } from './log.ts';
import { backoff, pause } from './retry.ts';
import type { Certificates } from './rotation.ts';

/** How long a wiped caBundle or a Secret replaced by another replica goes unseen. */
export const CHECK_INTERVAL_MS = 10 * 60 * 1000;

/** After a failure it is tried again sooner; a refusal (RBAC) is mended by people, within minutes. */
const AFTER_FAILURE = { firstMs: 1_000, longestMs: 60_000 };

/** One look publishes, and looks again whether what it published is still what the Secret holds. */
const LOOKS = 3;

export interface KeeperOptions {
  /** `ensureCertificates`, bound to a Secret. */
  readonly store: (signal: AbortSignal) => Promise<Certificates>;
  /** `publishCaBundle`, bound to one configuration or several; resolves to whether anything changed. */
  readonly publish: (bundle: string, signal: AbortSignal) => Promise<boolean>;
  /**
   * Serves these from now on (`server.setSecureContext`): called with the first ones, unless they are
   * `current`, and whenever leaf or key have changed. If it throws, it is called again at the next look.
   */
  readonly onChange: (certificates: Certificates) => void | Promise<void>;
  /** What is served already. */
  readonly current?: Certificates;
  /** Milliseconds between two looks, jittered by a tenth; default CHECK_INTERVAL_MS. */
  readonly intervalMs?: number;
  /** Ends the keeper. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

/**
 * Keeps the served leaf equal to the Secret's, and the published bundle equal to it too, until `signal`
 * aborts. Never rejects: a failure is logged with its code and tried again, and what is served stays.
 */
export async function keepCertificates(options: KeeperOptions): Promise<void> {
  const { intervalMs = CHECK_INTERVAL_MS, signal, log, random = Math.random } = options;
  const state: State = { served: options.current };
  const isEnded = (): boolean => signal.aborted;
  let failures = 0;
  while (!isEnded()) {
    try {
      await look(options, state);
      failures = 0;
    } catch (error) {
      if (isEnded()) return;
      failures++;
      log.error({ ...errorFields(error), failures }, 'certificates: will be tried again');
    }
    const regular = intervalMs * (0.9 + random() / 5);
    await pause(failures === 0 ? regular : Math.min(regular, backoff(failures, AFTER_FAILURE, random)), signal);
  }
}

interface State {
  served: Certificates | undefined;
}

async function look(options: KeeperOptions, state: State): Promise<void> {
  const { store, publish, onChange, signal, log } = options;
  for (let i = 0; i < LOOKS && !signal.aborted; i++) {
    const found = await store(signal);
    // Served before published: after another replica has replaced the CA, its bundle is out already.
    if (found.certificate !== state.served?.certificate || found.key !== state.served.key) {
      await onChange(found);
      state.served = found;
      log.info({ notAfter: found.notAfter }, 'certificates: a new leaf is served');
    }
    // A bundle that had to be published may have been one of a Secret that was just being replaced:
    // then it undid what another replica had published, and would stay so until the next look.
    if (!(await publish(found.bundle, signal))) return;
    log.info({}, 'certificates: the CA bundle was published');
  }
}

function errorFields(error: unknown): { code: string; error: string } {
  if (error instanceof CertificateError) return { code: error.code, error: error.message };
  return { code: 'CertificatesUnavailable', error: describeFailure(error) };
}
