/** The pod's annotation `rolechain.io/container-roles`: which declared roles each container gets. */
import {
  ANNOTATIONS,
  DEFAULT_ROLE,
  LIMITS,
  NO_ROLE,
  isOneLetterAway,
  problem,
  type Result,
  type Problem,
  type RoleSpec,
} from '@rolechain/shared';

/** Roles by the container's name, the one of its environment first; none for `none`. `*` is every container not named. */
export type ContainerRoles = ReadonlyMap<string, readonly string[]>;

const KEY = ANNOTATIONS.containerRoles.key;
const OTHERS = '*';
const GRAMMAR = 'write container=role, several roles joined by +, several containers by a comma';

/** Parses `exporter=audit,app=default+audit,*=none`; spaces around names don't matter. All problems come together. */
export function parseContainerRoles(text: string): Result<ContainerRoles> {
  const roles = new Map<string, readonly string[]>();
  const problems: Problem[] = [];
  const wrong = (what: string, fix: string = GRAMMAR): void => {
    problems.push(problem('FieldOutOfRange', KEY, what, fix));
  };
  text
    .split(',')
    .filter((entry) => entry.trim() !== '')
    .forEach((entry, index) => {
      const [name = '', list, ...more] = entry.split('=').map((part) => part.trim());
      const held = (list ?? '').split('+').map((role) => role.trim());
      if (name === '' || more.length > 0 || held.includes(''))
        wrong(`has an entry ${index + 1} that is not container=role`);
      else if (roles.has(name)) wrong(`names ${calledOf(name)} twice`, 'join its roles by +');
      else if (new Set(held).size < held.length) wrong(`gives ${calledOf(name)} a role twice`, 'leave one of them out');
      else if (held.includes(NO_ROLE) && held.length > 1)
        wrong(`gives ${calledOf(name)} ${NO_ROLE} beside a role`, 'leave one of them out');
      else roles.set(name, held[0] === NO_ROLE ? [] : held);
    });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: roles, warnings: [] };
}

function calledOf(name: string): string {
  return name === OTHERS ? 'the other containers (*)' : `container ${name}`;
}

/** The names that the account does not declare, each with its container. */
export function undeclaredRoles(asked: ContainerRoles, declared: readonly RoleSpec[]): string[] {
  const names = new Set(declared.map(({ name }) => name));
  return [...asked].flatMap(([container, roles]) =>
    roles.filter((role) => !names.has(role)).map((role) => `${calledOf(container)}: ${role}`),
  );
}

/** What a container holds unless a conflict prevents it: what it is given by name, by `*`, else `default`. Never one that is not declared. */
export function heldRoles(
  asked: ContainerRoles,
  declared: readonly RoleSpec[],
): (container: string) => readonly string[] {
  const names = new Set(declared.map(({ name }) => name));
  const known = new Map([...asked].map(([container, roles]) => [container, roles.filter((role) => names.has(role))]));
  const fallback = known.get(OTHERS) ?? (names.has(DEFAULT_ROLE) ? [DEFAULT_ROLE] : []);
  return (container) => known.get(container) ?? fallback;
}

/**
 * Names that no container has. One that is a container's but for one letter is a problem: that container would hold
 * another role than was meant. Any other draws a warning, since tools and other webhooks add containers and take them.
 * `unnamed` are the containers to compare with.
 */
export function absentContainers(
  asked: ContainerRoles,
  present: ReadonlySet<string>,
  unnamed: readonly string[],
): { readonly problems: readonly Problem[]; readonly absent: readonly string[] } {
  const absent = [...asked.keys()].filter((name) => name !== OTHERS && !present.has(name));
  const problems: Problem[] = [];
  for (const name of absent) {
    const meant = unnamed.find((container) => isOneLetterAway(name, container));
    if (meant === undefined) continue;
    const text = `names container ${name}, which the pod does not have`;
    problems.push(problem('FieldUnknown', KEY, text, `did you mean ${meant}?`));
    if (problems.length >= LIMITS.placesNamed) break;
  }
  return { problems, absent };
}
