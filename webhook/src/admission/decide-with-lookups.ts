/** The decision on a pod, with all that has to be looked up for it: the server's way, and the command line's. */
import { CodedError } from '@rolechain/shared';
import { decideAsked, decideUnasked, preCheck } from '../policy/decide-pod.ts';
import { mayHaveDefaultRole, withDefaultRole, type DefaultRoleSettings } from '../policy/default-role.ts';
import type { Decision } from '../policy/decision.ts';
import type { Asked } from '../policy/facts.ts';
import { serviceAccountNameOf } from '../objects/pod.ts';
import { asksForRole, type ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';
import { lookUpContext, type Lookups } from './context.ts';

/** The settings `fluxAlias` and `namespaceDefaultRole` are known before the Region is; default false. */
export interface DecideOptions extends Lookups, DefaultRoleSettings {
  /** Undefined until the Region is known. */
  readonly settings: () => DecideSettings | undefined;
}

export interface Decided {
  readonly decision: Decision;
  /** The pod's account, under a default role with its Namespace's annotation; undefined where it is not there or not looked up. */
  readonly account?: ServiceAccount | undefined;
  /** What was decided from; undefined where no role is asked for. */
  readonly asked?: Asked;
}

/** Looks up no more than the pod needs. Rejects with CodedError LookupFailed or RegionUnknown. */
export async function decideWithLookups(pod: unknown, namespace: string, options: DecideOptions): Promise<Decided> {
  const alone = preCheck(pod);
  if (alone) return { decision: alone };
  const found = await options.lookup(namespace, serviceAccountNameOf(pod));
  const annotations = mayHaveDefaultRole(found, options) ? await options.lookupNamespace(namespace) : undefined;
  const account = found && annotations ? withDefaultRole(found, annotations, options) : found;
  // An unrelated pod needs no Region and no further look-up, and must not fail for want of one.
  if (!asksForRole(account, options)) return { decision: decideUnasked(pod, account), account };
  const settings = settingsOf(options);
  const context = await lookUpContext(account, settings, options, annotations);
  const asked: Asked = { pod, account, settings, context };
  return { decision: decideAsked(asked, options.judgements), account, asked };
}

/** Throws CodedError RegionUnknown. */
export function settingsOf({ settings }: Pick<DecideOptions, 'settings'>): DecideSettings {
  const known = settings();
  if (!known) throw new CodedError('RegionUnknown');
  return known;
}
