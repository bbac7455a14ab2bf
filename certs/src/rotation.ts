/**
 * What a replica does next about the webhook's certificates: what the Secret holds, what the configurations publish and what
 * the replica knows × now → one step. It repairs what somebody broke and rotates what grows old, by one rule: **what a
 * replica serves is vouched for by the bundle as any apiserver may have seen it.**
 *
 *   a CA grows old      addAuthority ── published for settleMs ── renewLeaf ── its last leaf has ended ── dropAuthorities
 *   the Secret is lost  create ── both CAs published for lagMs ── serve ── keepMs ── publish the new one alone
 *
 * Each write is guarded by a resourceVersion: who comes second reads again, and finds a step less to do.
 */
import { BACKDATED_MS, RENEWAL, type CertificateTimes } from '@rolechain/shared';
import { isByClock, isClockDoubtful, timeOfMaker, type Instant } from './clocks.ts';

/** A CA certificate. Instants are milliseconds of the wall clock. */
export interface Authority {
  /** What tells it from every other one: its PEM. */
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** A leaf with its key. */
export interface Leaf {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** The CAs of its bundle that have signed it: more than one where a CA was made again with the same key. */
  readonly issuers: readonly Authority[];
}

/** Why a new leaf is needed. */
export type LeafReason =
  | 'LeafMissing'
  | 'LeafUnparsable'
  | 'LeafKeyMissing'
  | 'LeafKeyUnparsable'
  | 'LeafKeyMismatch'
  | 'LeafNotOfAuthority'
  | 'LeafOfFormerAuthority'
  | 'LeafNamesDiffer'
  | 'LeafNotYetValid'
  | 'LeafExpiring';

/** Why a new CA is needed. */
export type AuthorityReason =
  | 'AuthorityMissing'
  | 'AuthorityUnparsable'
  | 'AuthorityKeyMissing'
  | 'AuthorityKeyUnparsable'
  | 'AuthorityKeyUnsuitable'
  | 'AuthorityKeyMismatch'
  | 'AuthorityNotYetValid'
  | 'AuthorityExpiring';

/** What a Secret holds, at whatever time. */
export interface SecretFacts {
  /** CA certificates that are to be published. */
  readonly bundle: readonly Authority[];
  /** The CA of the bundle that `ca.key` belongs to: it signs new leafs. */
  readonly signer: Authority | AuthorityReason;
  readonly leaf: Leaf | LeafReason;
}

export interface Facts {
  readonly secret: SecretFacts | 'missing' | 'unknown';
  /** The CAs of each webhook of the configurations that are there and could be read; that is done before the Secret is. */
  readonly published: readonly (readonly Authority[])[];
  /** Whether a configuration could not be asked, and so may publish anything. */
  readonly isPartial: boolean;
  readonly replica: Replica;
}

/** What one replica knows. `elapsed` are milliseconds of a clock that nobody sets. */
export interface Replica {
  readonly served: Leaf | undefined;
  /** Elapsed, when that began; the start of the process while nothing is served. */
  readonly servedSince: number;
  /** By id of a CA, elapsed: since when every webhook has been seen to publish it, without a break. */
  readonly vouchedSince: ReadonlyMap<string, number>;
  /** False once a write was refused: what the Secret holds is made the best of. */
  readonly canWrite: boolean;
  /** Elapsed: its last writes for no other reason than the time by its clock. */
  readonly clockWrites: readonly number[];
  /** In [0, 1): how much later than others it renews. */
  readonly jitter: number;
}

/** `keep`: CA certificates of the present bundle that stay in it. */
export type Write =
  | { readonly do: 'create' }
  | { readonly do: 'replace'; readonly reason: AuthorityReason }
  | { readonly do: 'addAuthority'; readonly reason: AuthorityReason; readonly keep: readonly Authority[] }
  | { readonly do: 'renewLeaf'; readonly reason: LeafReason; readonly keep: readonly Authority[] }
  | { readonly do: 'dropAuthorities'; readonly keep: readonly Authority[] };

export type Step =
  | Write
  /** `others`: what becomes of CAs that are published beside. */
  | { readonly do: 'publish'; readonly bundle: readonly Authority[]; readonly others: 'keep' | 'drop' }
  /** The Secret's leaf. */
  | { readonly do: 'serve' }
  | { readonly do: 'rest'; readonly forMs: number };

/** A program that takes the CA's key away each minute must not make the bundle grow. */
export const MOST_AUTHORITIES = 5;

export function plan(facts: Facts, own: Instant, times: CertificateTimes): Step {
  const { secret, published, replica } = facts;
  const isDoubtful = isClockDoubtful(replica.clockWrites, own, times);
  const made = typeof secret === 'string' ? undefined : secret.leaf;
  const at = isDoubtful && typeof made === 'object' ? timeOfMaker(made, own) : own;
  const leaf = typeof secret === 'string' ? undefined : goodLeaf(secret.leaf, at);
  const serve =
    leaf === undefined || leaf.id === replica.served?.id ? Infinity : serveIn(leaf, facts, { at, own }, times);
  // A replica that serves nothing yet has nobody to be vouched for, and what it can serve need not wait for a write.
  if (serve === 0 && replica.served === undefined) return { do: 'serve' };
  const bundle = toPublish(facts, at, own);
  if (published.some((list) => !bundle.every(isIn(list)))) {
    return { do: 'publish', bundle, others: 'keep' };
  }
  const { write, inMs } = planWrite(facts, at, times);
  if (write !== undefined && inMs === 0 && replica.canWrite && !(isDoubtful && isByClock(write))) return write;
  if (serve === 0) return { do: 'serve' };
  const drop = dropIn(facts, at, times);
  if (drop === 0) return { do: 'publish', bundle, others: 'drop' };
  const waits = [serve, drop, inMs, times.checkMs].filter((ms) => ms > 0);
  return { do: 'rest', forMs: Math.min(...waits) };
}

/** The Secret's CAs, and that of what is served until it isn't any longer. */
function toPublish({ secret, replica: { served } }: Facts, at: Instant, own: Instant): readonly Authority[] {
  const { bundle, leaf, signer } = typeof secret === 'string' ? NOTHING : secret;
  const isUsable = typeof signer !== 'string' || goodLeaf(leaf, at) !== undefined;
  const present = isUsable ? bundle : [];
  const others = (served?.issuers ?? []).filter((ca) => (isValid(ca, own) || isValid(ca, at)) && !isIn(present)(ca));
  return [...present, ...others];
}

const NOTHING: SecretFacts = { bundle: [], signer: 'AuthorityMissing', leaf: 'LeafMissing' };

interface PlannedWrite {
  readonly write?: Write;
  /** Not before so many milliseconds; without a write: when there may be one. */
  readonly inMs: number;
}

function planWrite(facts: Facts, at: Instant, times: CertificateTimes): PlannedWrite {
  const { secret, replica } = facts;
  if (secret === 'unknown') return { inMs: Infinity };
  if (secret === 'missing') return { write: { do: 'create' }, inMs: 0 };
  const leaf = goodLeaf(secret.leaf, at);
  const signer = goodSigner(secret.signer, at);
  if (typeof signer === 'string') return newAuthority(secret.bundle, leaf, signer, at);
  const keep = secret.bundle;
  if (leaf === undefined) {
    const reason = typeof secret.leaf === 'string' ? secret.leaf : lapsed(secret.leaf, at);
    return { write: { do: 'renewLeaf', reason, keep }, inMs: signIn(signer, leaf, facts, at, times) };
  }
  const authorityDue = dueIn(signer, times.authorityMs, replica, at);
  if (authorityDue === 0) return newAuthority(secret.bundle, leaf, 'AuthorityExpiring', at);
  if (!isIn(leaf.issuers)(signer)) {
    const write: Write = { do: 'renewLeaf', reason: 'LeafOfFormerAuthority', keep };
    return { write, inMs: signIn(signer, leaf, facts, at, times) };
  }
  // One that ends with its CA is not made longer by that CA.
  const leafDue = leaf.to < signer.to ? dueIn(leaf, times.leafMs, replica, at) : Infinity;
  if (leafDue === 0) return { write: { do: 'renewLeaf', reason: 'LeafExpiring', keep }, inMs: 0 };
  return dropFormer(secret.bundle, signer, leaf, at, times, Math.min(authorityDue, leafDue));
}

/** Beside the present ones where a leaf is good, so that it goes on being vouched for; else there is nothing to be gentle with. */
function newAuthority(
  bundle: readonly Authority[],
  leaf: Leaf | undefined,
  reason: AuthorityReason,
  at: Instant,
): PlannedWrite {
  if (leaf === undefined) return { write: { do: 'replace', reason }, inMs: 0 };
  const issuers = leaf.issuers.filter((ca) => isValid(ca, at));
  const others = bundle.filter((ca) => isValid(ca, at) && !isIn(issuers)(ca));
  return {
    write: { do: 'addAuthority', reason, keep: [...issuers, ...others].slice(0, MOST_AUTHORITIES - 1) },
    inMs: 0,
  };
}

/** A CA signs once every apiserver knows it, unless it is the only one, or what is there is of no use. */
function signIn(
  signer: Authority,
  leaf: Leaf | undefined,
  { secret, published, isPartial, replica }: Facts,
  at: Instant,
  times: CertificateTimes,
): number {
  const isAlone = typeof secret !== 'string' && secret.bundle.every(isIn([signer]));
  if (isAlone || (published.length === 0 && !isPartial)) return 0;
  const isUrgent = leaf === undefined || leaf.to - at.wall < 2 * times.settleMs;
  return vouchedIn([signer], isUrgent ? times.lagMs : times.settleMs, replica, at);
}

/**
 * A CA older than the signer goes when its last leaf has ended: none was made after the signer, and none lives longer than
 * `leafMs`. The clocks of two replicas and of an apiserver may differ meanwhile. A newer one was put there by somebody who
 * means to use it. The signer is one of the leaf's issuers here: planWrite sees to it.
 */
function dropFormer(
  bundle: readonly Authority[],
  signer: Authority,
  leaf: Leaf,
  at: Instant,
  { leafMs }: CertificateTimes,
  otherwiseIn: number,
): PlannedWrite {
  const margin = Math.min(BACKDATED_MS, leafMs / 10);
  const lastLeafEnded = signer.from + BACKDATED_MS + leafMs + margin;
  const endOf = (ca: Authority): number => {
    if (isIn(leaf.issuers)(ca)) return Infinity;
    return ca.from <= signer.from ? Math.min(ca.to, lastLeafEnded) : ca.to;
  };
  const keep = bundle.filter((ca) => endOf(ca) > at.wall);
  if (keep.length < bundle.length) return { write: { do: 'dropAuthorities', keep }, inMs: 0 };
  return { inMs: Math.min(otherwiseIn, ...bundle.map((ca) => endOf(ca) - at.wall)) };
}

/** When the Secret's leaf may be served: 0 is now. `own`: what was served before was judged by this clock. */
function serveIn(
  leaf: Leaf,
  facts: Facts,
  { at, own }: { readonly at: Instant; readonly own: Instant },
  { lagMs }: CertificateTimes,
): number {
  const { secret, published, isPartial, replica } = facts;
  const issuers = leaf.issuers.filter((ca) => isValid(ca, at));
  const served = replica.served && (goodLeaf(replica.served, own) ?? goodLeaf(replica.served, at));
  if (served !== undefined) {
    if (served.issuers.some(isIn(issuers))) return 0;
    if (isPartial) return Infinity;
    return published.length === 0 ? 0 : vouchedIn(issuers, lagMs, replica, at);
  }
  if (typeof secret === 'string') return Infinity;
  if (own !== at) return vouchedIn(issuers, lagMs, replica, at);
  // What the Secret's own bundle has beside was published before the leaf was signed (signIn): apiservers know its CA too.
  const isSettled = published.every(
    (list) => list.length === 0 || (list.some(isIn(issuers)) && list.every(isIn(secret.bundle))),
  );
  return isSettled ? 0 : vouchedIn(issuers, lagMs, replica, at);
}

/** When CAs that the Secret doesn't have are taken out of what is published. */
function dropIn({ secret, published, replica }: Facts, { elapsed }: Instant, { keepMs }: CertificateTimes): number {
  if (typeof secret === 'string' || typeof secret.leaf === 'string') return Infinity;
  if (secret.leaf.id !== replica.served?.id || published.every((list) => list.every(isIn(secret.bundle))))
    return Infinity;
  return Math.max(0, replica.servedSince + keepMs - elapsed);
}

function vouchedIn(any: readonly Authority[], forMs: number, { vouchedSince }: Replica, { elapsed }: Instant): number {
  return Math.min(...any.map(({ id }) => Math.max(0, (vouchedSince.get(id) ?? Infinity) + forMs - elapsed)));
}

/** What others made may live shorter than what we make; it is renewed in time all the same. */
function dueIn(
  { from, to }: { from: number; to: number },
  lifeMs: number,
  { jitter }: Replica,
  { wall }: Instant,
): number {
  const left = RENEWAL.left - jitter * RENEWAL.jitter;
  return Math.max(0, to - Math.min(to - from, lifeMs) * left - wall);
}

function goodSigner(signer: Authority | AuthorityReason, { wall }: Instant): Authority | AuthorityReason {
  if (typeof signer === 'string') return signer;
  if (wall < signer.from) return 'AuthorityNotYetValid';
  return wall >= signer.to ? 'AuthorityExpiring' : signer;
}

function goodLeaf(leaf: Leaf | LeafReason, at: Instant): Leaf | undefined {
  if (typeof leaf === 'string') return undefined;
  return isValid(leaf, at) && leaf.issuers.some((ca) => isValid(ca, at)) ? leaf : undefined;
}

function lapsed(leaf: Leaf, at: Instant): LeafReason {
  if (at.wall < leaf.from) return 'LeafNotYetValid';
  return isValid(leaf, at) ? 'LeafNotOfAuthority' : 'LeafExpiring';
}

const isValid = ({ from, to }: { from: number; to: number }, { wall }: Instant): boolean => from <= wall && wall < to;
export const isIn =
  (list: readonly Authority[]) =>
  ({ id }: Authority): boolean =>
    list.some((one) => one.id === id);
