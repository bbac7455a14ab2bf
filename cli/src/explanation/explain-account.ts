/** Explains a ServiceAccount, and a Namespace: what their annotations come to before any pod is there. */
import { ANNOTATIONS, NO_ROLE } from '@rolechain/shared';
import {
  accountGlobs,
  decideWritten,
  defaultRoleFindings,
  evaluateServiceAccount,
  keptAnnotations,
  keysOn,
  lookUpContext,
  parseAllowedRoles,
  asksForRole,
  withDefaultRole,
  type Annotations,
} from '@rolechain/webhook';
import { annotationsOf } from '../documents/known-objects.ts';
import type { Json } from '../documents/manifests.ts';
import type { ExplainedNamespace, Explanation, Subject } from '../report-schemas/explain.ts';
import { askedBy, reasonsOf, rolesOf, settingsOf, type World } from './explain.ts';
import { strayFindings } from './strays.ts';

const ROLE = ANNOTATIONS.assumeRole.key;
const ALLOWED = ANNOTATIONS.allowedRoles.key;
const ACCOUNTS = ANNOTATIONS.assumeRoleAccounts.key;

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
  const text = annotations[ROLE];
  const hasDefault = text !== undefined && text !== NO_ROLE && world.settings.value.namespaceDefaultRole;
  const ofKeys =
    written.message === undefined || written.reason === 'Accepted'
      ? []
      : reasonsOf({ outcome: 'refused', findings: [{ reason: written.reason, detail: written.message }] });
  return {
    subject,
    namespace: namespaceOf(name, annotations, world),
    settings: settingsOf(world),
    outcome: isRefused ? 'refused' : hasDefault ? 'injected' : 'skipped',
    reasons: [...reasonsOf({ outcome: 'refused', findings: found.refusing }), ...ofKeys],
    containers: [],
    roles: [],
    warnings: [...found.warnings, ...written.warnings],
    findings: [...world.gaps, ...strayFindings(value, 'Namespace', `Namespace ${name}`).map(({ finding }) => finding)],
  };
}

/** What its annotations say to the ServiceAccounts in it, as they stand. */
function namespaceOf(name: string, annotations: Annotations, world: World): ExplainedNamespace {
  const { value } = world.settings;
  const { [ROLE]: role, [ALLOWED]: patterns, [ACCOUNTS]: accounts } = annotations;
  const on = (key: string): string => `annotation ${key} on Namespace ${name}`;
  const allowed = patterns === undefined ? undefined : parseAllowedRoles(patterns);
  const bySetting = {
    patterns: value.allowedRolesPolicy === 'required' ? [] : null,
    from: `setting allowedRolesPolicy: ${value.allowedRolesPolicy}, without ${on(ALLOWED)}`,
  };
  const allowedRoles =
    allowed === undefined ? bySetting : allowed.ok && { patterns: [...allowed.value], from: on(ALLOWED) };
  const defaultRole = {
    from: on(ROLE),
    accounts: accountGlobs(accounts),
    accountsFrom: accounts === undefined ? `the default, without ${on(ACCOUNTS)}` : on(ACCOUNTS),
  };
  return {
    ...(allowedRoles ? { allowedRoles } : {}),
    ...(role === undefined || role === NO_ROLE ? {} : { defaultRole }),
  };
}
