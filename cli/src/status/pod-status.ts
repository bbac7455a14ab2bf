/** How one pod stands, from what the cluster and its sidecar say. Pure. */
import {
  ANNOTATIONS,
  FOREIGN_KEYS,
  REASONS,
  VERSION,
  reasonEntry,
  type ReasonCode,
  type RoleStatus,
} from '@rolechain/shared';
import { UNKEPT, asksForRole, hashOfAnnotation, withDefaultRole, type DecideSettings } from '@rolechain/webhook';
import type { KnownAccount, KnownNamespace } from '../cluster/accounts.ts';
import type { LiveState, LiveTarget } from '../cluster/live-state.ts';
import type { SidecarFacts } from '../cluster/sidecar.ts';
import { FOUND } from '../explanation/codes.ts';
import { recreateHint, type Owner } from '../cluster/owner.ts';
import type { PodState, PodStatus } from '../report-schemas/status.ts';

/** What a list keeps of a pod. */
export interface ListedPod extends LiveTarget {
  readonly owner: Owner;
  readonly serviceAccount: string;
  readonly createdAt: number;
  readonly hasEnded: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What is known around the pods. */
export interface Around {
  readonly settings: DecideSettings;
  readonly installed: string | undefined;
  /** Undefined where they may not be read: nothing is then said of pods without a sidecar. */
  readonly accounts: ReadonlyMap<string, KnownAccount> | undefined;
  readonly namespaces: ReadonlyMap<string, KnownNamespace> | undefined;
  readonly isCovered: (labels: Readonly<Record<string, string>>) => boolean;
}

type Verdict = Pick<PodStatus, 'state' | 'why' | 'fix'> & Partial<Pick<PodStatus, 'roles' | 'askedBy'>>;

/** Whether it holds a role or should. */
export function isConcerned(pod: ListedPod, around: Around): boolean {
  if (pod.hasEnded || pod.annotations[FOREIGN_KEYS.mirrorPod] !== undefined) return false;
  return pod.sidecar !== undefined || accountOf(pod, around)?.asks === true;
}

/** `live` is that of a pod with a sidecar. */
export function podStatus(pod: ListedPod, live: LiveState, around: Around, now: number): PodStatus {
  const { namespace, name, owner, serviceAccount, sidecar } = pod;
  const verdict = sidecar ? ofSidecar(live, now, sidecar) : ofPodWithout(pod, around);
  const annotation = sidecar ? annotationNow(pod, around) : 'unknown';
  const isChanged = annotation === 'changed' || annotation === 'removed';
  const changed = isChanged ? `The ServiceAccount's annotation was ${annotation} since the pod was made.` : undefined;
  const why = [verdict.why ?? undefined, changed].filter((text) => text !== undefined).join(' ');
  const recreate = `Recreate it: ${recreateHint(owner, namespace, name)}.`;
  return {
    ...{ namespace, name, serviceAccount, owner, state: verdict.state, roles: verdict.roles ?? [] },
    ...{ annotation, version: sidecar?.version ?? null },
    isOlder: sidecar !== undefined && isOlder(sidecar.version, around.installed ?? VERSION),
    askedBy: verdict.askedBy ?? null,
    why: why === '' ? null : why,
    fix: verdict.fix ?? (isChanged ? recreate : null),
  };
}

function ofSidecar(live: LiveState, now: number, { notPulled }: SidecarFacts): Verdict {
  if (live.kind === 'live') {
    const roles = Object.entries(live.status.roles).map(([name, role]) => roleOf(name, role, now));
    const told = roles.flatMap(({ name, error }) => (error ? [{ name, error }] : []));
    const why = told.map(({ name, error }) => `Role ${name}: ${error.code}: ${error.message}`).join(' ');
    const fix = [...new Set(told.map(({ error }) => error.fix))].join(' ');
    return { state: worst(roles), roles, askedBy: live.way, why: why || null, fix: fix || null };
  }
  if (live.kind === 'not-running')
    return {
      state: 'starting',
      why: `The sidecar does not run: ${live.text}`,
      fix: notPulled === undefined ? null : FOUND.ImageNotPulled.fix,
    };
  if (live.kind === 'verdict') {
    const why = `The sidecar is of a version that tells no more than this: ${live.text}.`;
    return { state: 'unknown', why, fix: live.obstacles[0]?.fix ?? null };
  }
  if (live.kind === 'not-injected') return { state: 'unknown', why: null, fix: null };
  const why = live.obstacles.map(({ text }) => text).join(' ');
  const fix = [...new Set(live.obstacles.map((obstacle) => obstacle.fix).filter((text) => text !== ''))].join(' Or: ');
  return { state: 'unknown', why, fix };
}

function roleOf(name: string, { state, secondsLeft, error }: RoleStatus, now: number): PodStatus['roles'][number] {
  const until = secondsLeft === undefined ? null : new Date(now + secondsLeft * 1000).toISOString();
  return { name, state, until, error: error ? { code: error.code, message: error.message, fix: error.fix } : null };
}

function worst(roles: PodStatus['roles']): PodState {
  if (roles.some(({ state }) => state === 'failing')) return 'lost';
  if (roles.some(({ state }) => state === 'fetching')) return 'waiting';
  return roles.some(({ error }) => error !== null) ? 'stale' : 'valid';
}

function ofPodWithout(pod: ListedPod, around: Around): Verdict {
  const { namespace, name, annotations, owner, createdAt } = pod;
  const recreate = `Recreate it: ${recreateHint(owner, namespace, name)}.`;
  if (annotations[ANNOTATIONS.inject.key] === 'false') return { state: 'opted-out', why: null, fix: null };
  const code = annotations[ANNOTATIONS.skipped.key];
  if (code !== undefined) {
    const known = Object.hasOwn(REASONS, code) ? reasonEntry(code as ReasonCode) : undefined;
    return {
      state: 'skipped',
      why: known ? `${code}: ${known.text}` : `The reason ${code}.`,
      fix: known && known.fix !== '' ? known.fix : null,
    };
  }
  const labels = around.namespaces?.get(namespace)?.labels;
  if (labels && !around.isCovered(labels)) {
    const why = `The webhook is not called for pods of namespace ${namespace}.`;
    return {
      state: 'not-covered',
      why,
      fix: 'Label the Namespace rolechain.io/enabled=true, or run the pod elsewhere.',
    };
  }
  const account = accountOf(pod, around)?.account;
  const of = `ServiceAccount ${pod.serviceAccount}`;
  if (account && account.createdAt > createdAt) {
    return { state: 'late', why: `${of} was made at ${timeOf(account.createdAt)}, after the pod.`, fix: recreate };
  }
  const fix = `${recreate} \`rolechain doctor\` looks at the webhook.`;
  if (account?.addedAt === undefined) {
    const why = `${of} asks for a role, and the pod was not injected. Nothing tells whether the annotation was there when the pod was made.`;
    return { state: 'slipped', why, fix };
  }
  if (account.addedAt > createdAt) {
    const why = `The annotation of ${of} was added at ${timeOf(account.addedAt)}, after the pod was made.`;
    return { state: 'late', why, fix: recreate };
  }
  const why = `${of} asked for a role when the pod was made: the webhook was not called, or did not answer.`;
  return { state: 'slipped', why, fix };
}

const timeOf = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');

interface Asking {
  readonly account: KnownAccount;
  /** The annotation that counts, where there is one. */
  readonly asks: boolean;
  readonly hash: string | undefined;
}

/** Undefined where the accounts are not known, or it is not there. */
function accountOf({ namespace, serviceAccount }: ListedPod, around: Around): Asking | undefined {
  const account = around.accounts?.get(`${namespace}/${serviceAccount}`);
  if (!account) return undefined;
  const { settings } = around;
  const asking = withDefaultRole(account, around.namespaces?.get(namespace)?.annotations ?? {}, settings);
  const read = asksForRole(asking, settings) ? UNKEPT.readAccount(asking, settings) : undefined;
  return { account, asks: read !== undefined, hash: read && hashOfAnnotation(read.text) };
}

function annotationNow(pod: ListedPod, around: Around): PodStatus['annotation'] {
  const before = pod.sidecar?.annotationHash;
  if (around.accounts === undefined) return 'unknown';
  const now = accountOf(pod, around);
  if (!now?.asks) return 'removed';
  return before === undefined ? 'unknown' : before === now.hash ? 'same' : 'changed';
}

/** Of a version that can't be read nothing is known but that it is not the installed one. */
function isOlder(version: string | undefined, installed: string): boolean {
  const [left, right] = [numbersOf(version), numbersOf(installed)];
  if (!left || !right) return version !== installed;
  const at = left.findIndex((number, index) => number !== right[index]);
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0);
}

function numbersOf(version: string | undefined): number[] | undefined {
  const found = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})/.exec(version ?? '');
  return found?.slice(1).map(Number);
}
