/** Why apiservers can't call the webhook by a configuration, as it was last seen: for /readyz and a metric. */
import { CertificateError } from '@rolechain/certs';
import type { ErrorCode, WebhookConfigurationKind } from '@rolechain/shared';
import type { Metrics } from '../telemetry/metrics.ts';

export interface Trouble {
  readonly code: () => ErrorCode | undefined;
  /** Undefined: they can. */
  readonly set: (code: ErrorCode | undefined) => void;
}

export function makeTrouble(kind: WebhookConfigurationKind, metrics: Pick<Metrics, 'configurationIs'>): Trouble {
  let last: ErrorCode | undefined;
  return {
    code: () => last,
    set: (code) => {
      last = code;
      metrics.configurationIs(kind, code === undefined);
    },
  };
}

/** Of all configurations, each code once. */
export const troublesOf = (all: readonly { readonly trouble: Trouble }[]): readonly ErrorCode[] => [
  ...new Set(all.flatMap(({ trouble }) => trouble.code() ?? [])),
];

/** Whether it says something of the configuration. An API that does not answer, or knows its ServiceAccount no longer, does not. */
export function isOfConfiguration(error: unknown): error is CertificateError {
  return error instanceof CertificateError && error.code !== 'CertificatesUnavailable';
}
