/** Puts what was found together by ServiceAccount, and writes the annotations. What is written is read by the webhook's own parser. */
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import {
  ANNOTATIONS,
  DEFAULT_ROLE,
  DNS_LABEL,
  FOREIGN_KEYS,
  RESERVED_ROLES,
  formatProblems,
  parseAssumeRole,
  parseRoleARN,
} from '@rolechain/shared';
import { textsAt } from '../objects/fields.ts';
import { kindOf, nameOf, namespaceOf } from './objects.ts';
import type { AccountRef, KubeObject, Left, Origin, Step, Wanted, WrittenRole } from './types.ts';

export interface ComposedRole {
  readonly name: string;
  readonly roleARN: string;
  readonly from: readonly Origin[];
}

export interface ComposedAccount {
  readonly account: AccountRef;
  readonly annotations: Readonly<Record<string, string>>;
  readonly roles: readonly ComposedRole[];
}

export interface ComposedWorkload {
  readonly workload: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Composed {
  readonly accounts: readonly ComposedAccount[];
  readonly workloads: readonly ComposedWorkload[];
  readonly left: readonly Left[];
  readonly steps: readonly Step[];
}

export function compose(wanted: readonly Wanted[], objects: readonly KubeObject[]): Composed {
  const groups = Map.groupBy(wanted, ({ account }) => JSON.stringify([account.namespace, account.name ?? '']));
  const all = [...groups.values()].map((group) => composeAccount(group, objects));
  return {
    accounts: all.flatMap(({ accounts }) => accounts),
    workloads: all.flatMap(({ workloads }) => workloads),
    left: all.flatMap(({ left }) => left),
    steps: all.flatMap(({ steps }) => steps),
  };
}

/** A role with all that asked for it. */
interface Merged {
  readonly wanted: readonly Wanted[];
  readonly role: WrittenRole;
  readonly name: string;
}

function composeAccount(group: readonly Wanted[], objects: readonly KubeObject[]): Composed {
  const [first] = group;
  const none: Composed = { accounts: [], workloads: [], left: [], steps: [] };
  if (!first) return none;
  const { account } = first;
  const there = annotationsOf(account, objects);
  if (there[ANNOTATIONS.assumeRole.key] !== undefined) {
    const why = `ServiceAccount ${account.namespace}/${account.name} has ${ANNOTATIONS.assumeRole.key} already`;
    return {
      ...none,
      left: group.map(({ origin }) => ({ ...origin, why, fix: 'add the role there by hand, or leave it' })),
    };
  }
  const { fit, left } = withOneBase(group.filter(isValid), there[FOREIGN_KEYS.eksRoleARN]);
  const refused = [...group.filter((one) => !isValid(one)).map(invalid), ...left];
  const merged = named(merge(fit));
  if (merged.length === 0) return { ...none, left: refused };
  const base = fit.find(({ baseRoleARN }) => baseRoleARN !== undefined)?.baseRoleARN;
  const annotations = {
    [ANNOTATIONS.assumeRole.key]: write(merged),
    ...(base === undefined || there[FOREIGN_KEYS.eksRoleARN] === base ? {} : { [FOREIGN_KEYS.eksRoleARN]: base }),
  };
  const roles = merged.map(({ name, role, wanted }) => ({
    name,
    roleARN: role.roleARN,
    from: wanted.map(({ origin }) => origin),
  }));
  return {
    accounts: [{ account, annotations, roles }],
    workloads: workloadsOf(merged),
    left: refused,
    steps: stepsOf(account, fit),
  };
}

function annotationsOf(
  { namespace, name }: AccountRef,
  objects: readonly KubeObject[],
): Readonly<Record<string, string>> {
  const own = objects.find(
    (object) => kindOf(object) === 'ServiceAccount' && namespaceOf(object) === namespace && nameOf(object) === name,
  );
  return textsAt(own, 'metadata', 'annotations');
}

const check = ({ role }: Wanted): ReturnType<typeof parseAssumeRole> => parseAssumeRole(stringify(role));
const isValid = (wanted: Wanted): boolean => check(wanted).ok;

function invalid(wanted: Wanted): Left {
  const checked = check(wanted);
  const why = checked.ok ? '' : `rolechain refuses it: ${formatProblems(checked.problems)}`;
  return { ...wanted.origin, why, fix: 'correct it first' };
}

/** A ServiceAccount has one base role: that of its annotation, or the one that the first chain starts from. */
function withOneBase(group: readonly Wanted[], there: string | undefined): { fit: Wanted[]; left: Left[] } {
  let base = there;
  const fit: Wanted[] = [];
  const left: Left[] = [];
  for (const wanted of group) {
    const { baseRoleARN, origin } = wanted;
    if (baseRoleARN !== undefined && parseRoleARN(baseRoleARN) === undefined) {
      left.push({
        ...origin,
        why: 'the role that its chain starts from is not an IAM role ARN',
        fix: 'correct it first',
      });
    } else if (baseRoleARN !== undefined && base !== undefined && base !== baseRoleARN) {
      const why = `its chain starts from ${baseRoleARN}, but a ServiceAccount has one base role, here ${base}`;
      left.push({ ...origin, why, fix: 'give these pods a ServiceAccount of their own' });
    } else {
      base = baseRoleARN ?? base;
      fit.push(wanted);
    }
  }
  return { fit, left };
}

function merge(group: readonly Wanted[]): { wanted: Wanted[]; role: WrittenRole; name: string }[] {
  const merged: { wanted: Wanted[]; role: WrittenRole; name: string }[] = [];
  for (const wanted of group) {
    const same = merged.find(({ role }) => isDeepStrictEqual(role, wanted.role));
    if (same) same.wanted.push(wanted);
    else merged.push({ wanted: [wanted], role: wanted.role, name: wanted.name });
  }
  return merged;
}

/** One role is `default`. Of several, the one that was called so; the others get names that the annotation takes. */
function named(merged: readonly Merged[]): Merged[] {
  if (merged.length === 1) return merged.map((one) => ({ ...one, name: DEFAULT_ROLE }));
  const taken = new Set<string>(RESERVED_ROLES);
  const hasDefault = merged.find(({ name }) => name === DEFAULT_ROLE);
  return merged.map((one) => {
    if (one === hasDefault) return one;
    const name = freeName(one.name, taken);
    taken.add(name);
    return { ...one, name };
  });
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const label = wanted
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 50)
    .replaceAll(/^-|-$/g, '');
  const stem = DNS_LABEL.test(label) ? label : 'role';
  for (let count = 1; ; count++) {
    const name = count === 1 ? stem : `${stem}-${count}`;
    if (!taken.has(name)) return name;
  }
}

function write(merged: readonly Merged[]): string {
  const top = merged.find(({ name }) => name === DEFAULT_ROLE)?.role;
  const others = merged.filter(({ name }) => name !== DEFAULT_ROLE).map(({ name, role }) => [name, role] as const);
  if (top && others.length === 0 && Object.keys(top).length === 1) return top.roleARN;
  const roles = others.length === 0 ? {} : { roles: Object.fromEntries(others) };
  return stringify({ ...top, ...roles }, { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** `rolechain.io/container-roles` for the workloads whose containers hold other roles than `default`. */
function workloadsOf(merged: readonly Merged[]): ComposedWorkload[] {
  const roles = new Map<string, Map<string, string[]>>();
  for (const { name, wanted } of merged) {
    for (const { workload, container } of wanted.flatMap(({ uses }) => uses)) {
      const containers = roles.get(workload) ?? new Map<string, string[]>();
      roles.set(workload, containers);
      const names = containers.get(container) ?? [];
      if (!names.includes(name)) names.push(name);
      containers.set(container, names);
    }
  }
  return [...roles].flatMap(([workload, containers]) => {
    const entries = [...containers];
    if (entries.every(([, names]) => isDeepStrictEqual(names, [DEFAULT_ROLE]))) return [];
    const text = entries.map(([container, names]) => `${container}=${names.join('+')}`).join(',');
    return [{ workload, annotations: { [ANNOTATIONS.containerRoles.key]: text } }];
  });
}

function stepsOf({ namespace, name }: AccountRef, wanted: readonly Wanted[]): Step[] {
  if (name === undefined) {
    const object = wanted[0]?.origin.object ?? '';
    return [{ object, text: 'write the name of the ServiceAccount whose pods use it: nothing here says which' }];
  }
  if (name !== 'default') return [];
  const text =
    'every pod of the namespace without a ServiceAccount of its own gets these roles: better give those that need them one';
  return [{ object: `ServiceAccount ${namespace}/default`, text }];
}
