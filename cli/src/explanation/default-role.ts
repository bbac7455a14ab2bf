/** Why a Namespace's default role is not that of an account which asks for none itself. Pure. */
import { ANNOTATIONS, FOREIGN_KEYS, NO_ROLE } from '@rolechain/shared';
import { withDefaultRole, type DecideSettings, type ServiceAccount } from '@rolechain/webhook';
import { annotationsOf } from '../documents/known-objects.ts';
import type { Json } from '../documents/manifests.ts';
import type { Coded } from '../report-schemas/explain.ts';
import { found } from './codes.ts';

const ROLE = ANNOTATIONS.assumeRole.key;

export function defaultRoleNotHeld(account: ServiceAccount, namespace: Json, settings: DecideSettings): Coded[] {
  const around = annotationsOf(namespace);
  const { [FOREIGN_KEYS.eksRoleARN]: own, ...annotations } = account.annotations;
  const isAsked = around[ROLE] !== undefined && around[ROLE] !== NO_ROLE && annotations[ROLE] === undefined;
  if (!isAsked || withDefaultRole(account, around, settings).byDefault) return [];
  if (!settings.namespaceDefaultRole) return [found('DefaultRoleOff')];
  const isForOthers = own !== undefined && withDefaultRole({ ...account, annotations }, around, settings).byDefault;
  return isForOthers ? [found('DefaultRoleNotNamed')] : [];
}
