/** Explains a ServiceAccount, and a Namespace: what their annotations come to before any pod is there. */
import { ANNOTATIONS, NO_ROLE } from '@rolechain/shared';
import {
  decideWritten,
  defaultRoleFindings,
  evaluateServiceAccount,
  keptAnnotations,
  keysOn,
  lookUpContext,
  asksForRole,
  withDefaultRole,
} from '@rolechain/webhook';
import { annotationsOf } from '../documents/known-objects.ts';
import type { Json } from '../documents/manifests.ts';
import type { Explanation, Subject } from '../report-schemas/explain.ts';
import { askedBy, reasonsOf, rolesOf, settingsOf, type World } from './explain.ts';
import { strayFindings } from './strays.ts';

export async function explainAccount(subject: Subject, value: Json, world: World): Promise<Explanation> {
  const { options, settings } = world;
  const { namespace, name } = subject;
  const own = await options.lookup(namespace, name);
  const around = await options.lookupNamespace(namespace);
  const account = own && withDefaultRole(own, around, settings.value);
  const common = {
    subject,
    settings: settingsOf(world),
    containers: [],
    findings: [
      ...world.gaps,
      ...strayFindings(value, 'ServiceAccount', `ServiceAccount ${namespace}/${name}`).map(({ finding }) => finding),
    ],
  };
  const annotation = account && askedBy(account, settings);
  const ofAccount = { account: { namespace, name, from: subject.from, ...(annotation ? { annotation } : {}) } };
  if (!asksForRole(account, options)) {
    const reasons = reasonsOf({ outcome: 'skipped', reason: 'NotAnnotated', warnings: [] });
    return { ...common, ...ofAccount, outcome: 'skipped', reasons, roles: [], warnings: [] };
  }
  const context = await lookUpContext(account, settings.value, options, around);
  const judged = evaluateServiceAccount(account, settings.value, context, options.judgements);
  if (judged?.outcome === 'accepted') {
    const roles = rolesOf({ account, settings: settings.value, context }, judged, world);
    return { ...common, ...ofAccount, outcome: 'injected', reasons: [], roles, warnings: [...judged.warnings] };
  }
  const reasons = judged ? reasonsOf(judged) : [];
  return { ...common, ...ofAccount, outcome: 'refused', reasons, roles: [], warnings: [...(judged?.warnings ?? [])] };
}

/** By the rules of `/validate`, as if the Namespace were being written now. */
export function explainNamespace(subject: Subject, value: Json, world: World): Explanation {
  const { name } = subject;
  const annotations = annotationsOf(value);
  const kept = keptAnnotations(annotations, 'Namespace', keysOn('Namespace'));
  const found = defaultRoleFindings({ name, annotations: kept, isNewRole: true }, world.settings.value);
  const changed = Object.fromEntries(Object.entries(annotations).filter(([key]) => keysOn('Namespace').includes(key)));
  const written = decideWritten({ kind: 'Namespace', name, changed }, undefined);
  const isRefused = written.message !== undefined || found.refusing.length > 0;
  const text = annotations[ANNOTATIONS.assumeRole.key];
  const hasDefault = text !== undefined && text !== NO_ROLE && world.settings.value.namespaceDefaultRole;
  const ofKeys =
    written.message === undefined || written.reason === 'Accepted'
      ? []
      : reasonsOf({ outcome: 'refused', findings: [{ reason: written.reason, detail: written.message }] });
  return {
    subject,
    settings: settingsOf(world),
    outcome: isRefused ? 'refused' : hasDefault ? 'injected' : 'skipped',
    reasons: [...reasonsOf({ outcome: 'refused', findings: found.refusing }), ...ofKeys],
    containers: [],
    roles: [],
    warnings: [...found.warnings, ...written.warnings],
    findings: [...world.gaps, ...strayFindings(value, 'Namespace', `Namespace ${name}`).map(({ finding }) => finding)],
  };
}
