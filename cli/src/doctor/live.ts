/**
 * The hops of a pod's chains: what its sidecar's last try came to. The sidecar makes the calls, and is asked on /status; it has no
 * endpoint that would make it try at once, and needs none: while a role fails it tries again within seconds.
 */
import { readLiveState, type LiveState } from '../cluster/live-state.ts';
import type { Cluster } from '../cluster/client.ts';
import { pathOf } from '../cluster/path.ts';
import type { SidecarStatus } from '@rolechain/shared';
import type { Live, LiveRole } from '../report-schemas/doctor.ts';

type Status = SidecarStatus['roles'][string];

/** Throws ObjectNotFound. */
export async function readLive(cluster: Cluster, name: string): Promise<Live> {
  const { namespace } = cluster;
  const pod = await cluster.get(pathOf(namespace, 'pods', name));
  return liveOf(await readLiveState(cluster, pod), namespace, name);
}

const TRIED = "Of the sidecar's last try; while a role fails it tries again within seconds.";

/** Pure. */
export function liveOf(state: LiveState, namespace: string, pod: string): Live {
  const base = { namespace, pod };
  if (state.kind === 'live') {
    const roles = Object.entries(state.status.roles).map(([role, status]) => roleOf(role, status));
    return { ...base, asked: state.way, note: TRIED, roles };
  }
  return { ...base, asked: 'not', note: noteOf(state), roles: [] };
}

function noteOf(state: Exclude<LiveState, { kind: 'live' }>): string {
  switch (state.kind) {
    case 'not-injected':
      return 'It has no sidecar: `rolechain explain pod` says why.';
    case 'not-running':
      return `Its sidecar cannot be asked: ${state.text}`;
    case 'verdict':
      return `Its sidecar is of a version that has no status to print. Its probe says: ${state.text}`;
    case 'unknown':
      return state.obstacles.map(({ text, fix }) => `${text} ${fix}`.trim()).join(' ');
  }
}

function roleOf(role: string, { state, source, hops, secondsLeft, error }: Status): LiveRole {
  const left = secondsLeft === undefined ? {} : { secondsLeft };
  if (!error)
    return {
      role,
      state,
      ...left,
      hops: [source, ...hops].map((step) => ({ step, state: state === 'valid' ? 'ok' : 'unknown' })),
    };
  const failing = failingStep(error.code, error.message, hops);
  const steps = [source, ...hops].map((step, index): LiveRole['hops'][number] => {
    if (failing === undefined) return { step, state: 'unknown' };
    if (index === failing) return { step, state: 'failed' };
    return { step, state: index < failing ? 'ok' : 'not reached' };
  });
  return { role, state, ...left, hops: steps, code: error.code, message: error.message, fix: error.fix };
}

/** Codes of the base identity: nothing of the chain was asked. */
const OF_BASE = /^(?:Agent|BaseToken|TokenRequest|Environment|StsToken)/;

/**
 * The place of the step that failed, 0 the base identity; undefined where the message does not say. The message of an STS call
 * names its role, and its hop where there are several (sidecar/src/sts/errors.ts).
 */
function failingStep(code: string, message: string, hops: readonly string[]): number | undefined {
  if (OF_BASE.test(code)) return 0;
  const [, hop] = /, hop (\d{1,2}) of \d/.exec(message) ?? [];
  if (hop !== undefined) return Number(hop);
  const [, action, arn] = /\b(AssumeRole|AssumeRoleWithWebIdentity) (arn:\S+) \(/.exec(message) ?? [];
  if (arn === undefined) return hops.length === 1 && code.startsWith('ExternalID') ? 1 : undefined;
  const at = hops.indexOf(arn);
  // A web identity's own role is the base of the chain.
  if (at < 0) return action === 'AssumeRoleWithWebIdentity' ? 0 : undefined;
  return at + 1;
}
