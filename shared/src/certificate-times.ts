/** How long the webhook's certificates live, and how one follows another. adr/0021 says why these figures. */
import { parseDuration } from './duration.ts';
import { ENV } from './environment.ts';
import { problem, show, type Result } from './problem.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

export interface CertificateTimes {
  /** Life of a CA, and of a leaf. */
  readonly authorityMs: number;
  readonly leafMs: number;
  /** A bundle has reached every apiserver by then: each watches the configurations, and hears of a change within milliseconds. */
  readonly lagMs: number;
  /** In a rotation that nothing hurries a new CA is published so long before it signs what is served. */
  readonly settleMs: number;
  /** So long a CA that the Secret no longer has stays published: until every replica serves the new leaf. */
  readonly keepMs: number;
  /** A change of which no watch told is found within so long. */
  readonly checkMs: number;
}

/** A leaf as cert-manager's Certificate without `duration`, a CA as that of cert-manager's own webhook. */
export const CERTIFICATE_TIMES: CertificateTimes = {
  authorityMs: 365 * DAY_MS,
  leafMs: 90 * DAY_MS,
  lagMs: 3 * SECOND_MS,
  settleMs: 600 * SECOND_MS,
  keepMs: 15 * SECOND_MS,
  checkMs: 600 * SECOND_MS,
};

/** A node that takes its local time for UTC is up to 14 h off: certificates are valid from so long ago. */
export const BACKDATED_MS = DAY_MS;

/**
 * With `left` of its life left a certificate is renewed, cert-manager's default: what hinders it can be mended meanwhile. A
 * replica does it up to `jitter` of the life later: mostly one alone does, and which one is up to the resourceVersion.
 */
export const RENEWAL = { left: 1 / 3, jitter: 1 / 30 } as const;

/** With less left than that, in days, something has hindered the renewal for weeks: the alerts, and what the docs say of them. */
export const CERTIFICATE_ALERTS = { leafDays: 20, authorityDays: 90 } as const;

/** Less would end before the replicas have followed each other. */
const SHORTEST_LEAF_S = 30;
const SHORTEST_AUTHORITY_LEAVES = 3;

/**
 * The times as `ENV.certificateLifetimes` shortens them, `leaf=1m,authority=5m`; undefined: those of the table. For tests:
 * no setting has it, since what lives so short fails at the first outage that lasts longer.
 */
export function parseCertificateLifetimes(text: string | undefined): Result<CertificateTimes> {
  if (text === undefined || text === '') return { ok: true, value: CERTIFICATE_TIMES, warnings: [] };
  const [, leafText, authorityText] = /^leaf=(\w{1,20}),authority=(\w{1,20})$/.exec(text) ?? [];
  const [leaf, authority] = [parseDuration(leafText), parseDuration(authorityText)];
  const isValid =
    leaf !== undefined &&
    authority !== undefined &&
    leaf >= SHORTEST_LEAF_S &&
    leaf * SECOND_MS <= CERTIFICATE_TIMES.leafMs &&
    authority >= SHORTEST_AUTHORITY_LEAVES * leaf &&
    authority * SECOND_MS <= CERTIFICATE_TIMES.authorityMs;
  if (isValid) return { ok: true, value: shortened(leaf * SECOND_MS, authority * SECOND_MS), warnings: [] };
  const fix = `Write leaf=DURATION,authority=DURATION: the leaf at least ${SHORTEST_LEAF_S} s, the CA at least ${SHORTEST_AUTHORITY_LEAVES} times as long.`;
  return { ok: false, problems: [problem('SettingsInvalid', ENV.certificateLifetimes, `is ${show(text)}`, fix)] };
}

function shortened(leafMs: number, authorityMs: number): CertificateTimes {
  const { lagMs, settleMs } = CERTIFICATE_TIMES;
  return { ...CERTIFICATE_TIMES, leafMs, authorityMs, settleMs: Math.max(lagMs, Math.min(settleMs, leafMs / 2000)) };
}
