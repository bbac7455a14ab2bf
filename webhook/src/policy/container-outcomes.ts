/** Which container holds which roles, and why not. */
import { PATHS, SIDECAR, reasonEntry, tokenFolder, type EksWebhook, type ReasonCode } from '@rolechain/shared';
import { stripEks } from '../injection/container-env.ts';
import { hasOurName, type IsInjected } from '../objects/injected-state.ts';
import type { ContainerRoles } from './container-roles.ts';
import { truncate } from '../objects/truncate.ts';
import type { Container, ContainerList, EnvVar, Place } from '../objects/pod.ts';
import { proxyWarnings, withLoopback } from '../injection/proxy-env.ts';
import { judgeEnv } from './static-keys.ts';

export interface Conflict {
  readonly reason: ReasonCode;
  /** The variable or mount that is in the way. */
  readonly name: string;
}

/** The outcome of one container other than the sidecar. */
export interface ContainerOutcome {
  readonly list: ContainerList;
  readonly index: number;
  readonly name: string;
  /** Roles that it holds, the one of its environment first; none when it is skipped. */
  readonly roles: readonly string[];
  /** Its variables without those of the EKS webhook, where it holds a role. */
  readonly left?: readonly EnvVar[];
  readonly skipped?: ReasonCode;
  readonly conflicts: readonly Conflict[];
  /** Names of empty variables that go, where it holds a role. */
  readonly removed: readonly string[];
  readonly warnings: readonly string[];
}

export interface ContainerRules {
  /** Names of the roles that a container holds unless something speaks against it. */
  readonly rolesOf: (container: string) => readonly string[];
  /** Whether a role of that name has a Region of its own. */
  readonly hasRegion: (role: string | undefined) => boolean;
  /** Containers that the pod's annotation names. */
  readonly named: ContainerRoles;
  readonly skip: ReadonlySet<string>;
  readonly mesh: readonly string[];
  readonly eks: EksWebhook;
  readonly defaultRegion: string;
  readonly loopbackNoProxy: boolean;
  readonly isOurs: IsInjected;
}

/** Every container but the sidecar, in the pod's order. */
export function containerOutcomes(all: readonly Place[], rules: ContainerRules): ContainerOutcome[] {
  return all.filter(({ container }) => container.name !== SIDECAR.name).map((place) => outcome(place, rules));
}

function outcome({ list, index, container }: Place, rules: ContainerRules): ContainerOutcome {
  const { name } = container;
  const at = { list, index, name };
  const none = { roles: [], conflicts: [], removed: [], warnings: [] };
  if (rules.skip.has(name)) return { ...at, ...none, skipped: 'SkipListed' };
  if (rules.mesh.includes(name)) {
    const warnings = (rules.named.get(name) ?? []).length > 0 ? [meshWarning(name)] : [];
    return { ...at, ...none, warnings, skipped: 'MeshContainer' };
  }
  const roles = rules.rolesOf(name);
  if (roles.length === 0) return { ...at, ...none };
  const env = stripEks(container, rules.eks, rules.defaultRegion, rules.hasRegion(roles[0]));
  const judged = judgeEnv(container, env, rules.isOurs);
  const conflicts = [...judged.conflicts, ...mountConflicts(container, roles)];
  const first = conflicts[0];
  if (first) {
    return { ...at, ...none, skipped: first.reason, conflicts, warnings: [conflictWarning(name, conflicts)] };
  }
  const proxies = proxyWarnings(container, rules.loopbackNoProxy ? withLoopback(env, container) : env);
  return { ...at, roles, left: env, conflicts, removed: judged.removed, warnings: [...judged.warnings, ...proxies] };
}

/** Is in each path below it, however many slashes are. */
const TOKENS_NAME = PATHS.tokens.slice(PATHS.tokens.lastIndexOf('/') + 1);

function mountConflicts(container: Container, roles: readonly string[]): Conflict[] {
  const folders = roles.map(tokenFolder);
  return (container.volumeMounts ?? [])
    .filter(({ name, mountPath }) => !hasOurName(name) && mountPath.includes(TOKENS_NAME))
    .map(({ mountPath }) => normalize(mountPath))
    .filter((path) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)))
    .map((path) => ({ reason: 'MountPathTaken', name: path }));
}

/** Without repeated and trailing slashes, as the runtime reads it. `/run` is where /var/run leads in most images. */
function normalize(path: string): string {
  // Two at least: a path of a million parts would be as many matches.
  const clean = path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
  return clean.startsWith('/run/') && PATHS.tokens.startsWith('/var/run/') ? `/var${clean}` : clean;
}

function conflictWarning(container: string, conflicts: readonly Conflict[]): string {
  const what = conflicts.map(({ name, reason }) => `${name} [${reason}]`);
  const [first] = conflicts;
  // All of them can be left alone by the same annotation; a warning has no room for more.
  const fix = first ? ` ${reasonEntry(first.reason).fix}` : '';
  return `rolechain skips container ${container}, which holds no role: it sets ${truncate(what)}.${fix}`;
}

function meshWarning(name: string): string {
  return `container ${name} belongs to a service mesh or another webhook (the admin's list) and holds no role, though an annotation gives it one`;
}
