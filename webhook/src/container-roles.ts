/** The pod's annotation `rolechain.io/container-roles`: which declared roles each container gets. */
import { ANNOTATIONS, DEFAULT_ROLE, problem, type Checked, type Problem, type RoleSpec } from '@rolechain/shared';

/** Roles by the container's name, the one of its environment first. */
export type ContainerRoles = ReadonlyMap<string, readonly string[]>;

const KEY = ANNOTATIONS.containerRoles.key;
const GRAMMAR = 'write container=role, several roles joined by +, several containers by a comma';

/** Reads `exporter=audit,app=default+audit`; spaces around names don't matter. All problems come together. */
export function parseContainerRoles(text: string): Checked<ContainerRoles> {
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
      else if (roles.has(name)) wrong(`names container ${name} twice`, 'join its roles by +');
      else if (new Set(held).size < held.length) wrong(`gives container ${name} a role twice`, 'leave one of them out');
      else roles.set(name, held);
    });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: roles, warnings: [] };
}

/** The names that the account does not declare, each with its container. */
export function undeclaredRoles(asked: ContainerRoles, declared: readonly RoleSpec[]): string[] {
  const names = new Set(declared.map(({ name }) => name));
  return [...asked].flatMap(([container, roles]) =>
    roles.filter((role) => !names.has(role)).map((role) => `container ${container}: ${role}`),
  );
}

/** What a container holds unless something speaks against it: what it is given, else `default` where that is declared. */
export function heldRoles(
  asked: ContainerRoles,
  declared: readonly RoleSpec[],
): (container: string) => readonly string[] {
  const fallback = declared.some(({ name }) => name === DEFAULT_ROLE) ? [DEFAULT_ROLE] : [];
  return (container) => asked.get(container) ?? fallback;
}
