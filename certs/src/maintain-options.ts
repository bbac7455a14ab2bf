import type { CertificateTimes, WebhookConfigurationKind } from '@rolechain/shared';
import type { Log } from './log.ts';
import type { Nudges } from './nudges.ts';
import type { WebhookConfigurationApi } from './publish.ts';
import type { Certificates } from './secret-facts.ts';
import type { SecretApi } from './store.ts';

/** What a look found of a configuration, which is there unless `error` says otherwise. */
export interface Seen {
  readonly kind: WebhookConfigurationKind;
  /** Tells the CA of what is served from every other. */
  readonly authority: string;
  readonly error?: unknown;
}

export interface MaintainOptions {
  readonly secret: { readonly api: SecretApi; readonly namespace: string; readonly secretName: string };
  readonly dnsNames: readonly string[];
  readonly configurations: readonly WebhookConfigurationApi[];
  readonly configurationName: string;
  /**
   * Serves these from now on (`server.setSecureContext`): called with the first ones and whenever the leaf has changed. If
   * it throws, it is called again at the next look.
   */
  readonly onChange: (certificates: Certificates) => void | Promise<void>;
  /** Told whenever a configuration vouches for what is served, and whenever it could not be asked or changed. */
  readonly onSeen?: (seen: Seen) => void;
  readonly times?: CertificateTimes;
  /** Nudged when the Secret or a configuration may have changed: then it is looked at once. */
  readonly nudges?: Nudges;
  /** Ends the maintenance. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** A number in [0, 1). */
  readonly random?: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly now?: () => number;
  /** The wall clock. */
  readonly wall?: () => Date;
}
