/**
 * Static keys and other variables by which an SDK would pass the sidecar by: what those of a container that holds a role mean to
 * an SDK, by the table of shared (SDK_VARIABLES). Pure.
 */
import { ENV, SDK_VARIABLES, type ReasonCode } from '@rolechain/shared';
import type { IsInjected } from '../objects/injected-state.ts';
import { truncate } from '../objects/truncate.ts';
import { hasEnvFrom, isEmpty, type Container, type EnvVar } from '../objects/pod.ts';

export interface EnvConflict {
  readonly reason: ReasonCode;
  /** The variable that is in the way; behind an empty one, why it can't be taken out. */
  readonly name: string;
}

export interface EnvJudgement {
  readonly conflicts: readonly EnvConflict[];
  /** Names of empty variables that go. */
  readonly removed: readonly string[];
  readonly warnings: readonly string[];
}

/** `optional`: from a reference that may lead nowhere. */
type State = 'set' | 'optional' | 'empty';

const NAMES = Object.keys(SDK_VARIABLES);
const KEYS = NAMES.filter((name) => SDK_VARIABLES[name]?.set === 'StaticKeys');

/** The variables by which an SDK would pass the sidecar by. `env` is the container's, stripped of the EKS webhook's. */
export function judgeEnv(container: Container, env: readonly EnvVar[], isOurs: IsInjected): EnvJudgement {
  const states = statesOf(env, isOurs);
  const bound = boundEmpties(container, states);
  const having = (state: State, of: (name: string) => boolean): string[] =>
    NAMES.filter((name) => states.get(name) === state && of(name));
  const isKey = (name: string): boolean => KEYS.includes(name);
  const conflicts = NAMES.flatMap((name): EnvConflict[] => {
    const rule = SDK_VARIABLES[name];
    const state = states.get(name);
    if (rule === undefined || state === undefined || rule.set === 'warning') return [];
    if (state === 'empty') {
      const why = rule.empty === 'removed' ? bound.get(name) : undefined;
      return why === undefined ? [] : [{ reason: rule.set, name: `${name} (empty, ${why})` }];
    }
    return state === 'optional' && isKey(name) ? [] : [{ reason: rule.set, name }];
  });
  const removed = having('empty', (name) => SDK_VARIABLES[name]?.empty === 'removed' && !bound.has(name));
  const elsewhere = NAMES.filter((name) => SDK_VARIABLES[name]?.set === 'warning' && isSet(states.get(name)));
  return {
    conflicts,
    removed: [...removed, ...emptyRegions(env, bound)],
    warnings: [
      ...told(elsewhere, (names) => `sets ${names}: an SDK that finds credentials there bypasses the sidecar`),
      ...told(
        having('optional', isKey),
        (names) => `takes ${names} from an optional reference: SDKs prefer keys that they find there to the role`,
      ),
      ...told(
        having('empty', isKey),
        (names) =>
          `sets ${names} to nothing, which SDKs take for no keys, but object_store and opendal for keys: needed only to hide keys of envFrom`,
      ),
      ...told(
        having('empty', (name) => SDK_VARIABLES[name]?.empty === 'warning' && !isKey(name)),
        (names) => `sets ${names} to nothing, over which some SDKs fail`,
      ),
      ...told(removed, (names) => `sets ${names} to nothing, over which some SDKs fail: taken out`),
      ...envFromWarning(container, env),
    ].map((text) => `container ${container.name} ${text}`),
  };
}

function isSet(state: State | undefined): boolean {
  return state === 'set' || state === 'optional';
}

function told(names: readonly string[], sentence: (names: string) => string): string[] {
  return names.length === 0 ? [] : [sentence(truncate(names))];
}

/** Of the variables in the table, ours aside. Of two of one name the kubelet takes the last: neither is passed over. */
function statesOf(env: readonly EnvVar[], isOurs: IsInjected): ReadonlyMap<string, State> {
  const weight: Readonly<Record<State, number>> = { empty: 0, optional: 1, set: 2 };
  const states = new Map<string, State>();
  for (const variable of env) {
    const { name } = variable;
    if (!Object.hasOwn(SDK_VARIABLES, name) || isOurs(variable)) continue;
    const [state, before] = [stateOf(variable), states.get(name)];
    if (before === undefined || weight[state] > weight[before]) states.set(name, state);
  }
  return states;
}

function stateOf(variable: EnvVar): State {
  if (isEmpty(variable)) return 'empty';
  // secretKeyRef, configMapKeyRef, fileKeyRef: each has `optional`.
  const optional = Object.values(variable.valueFrom ?? {}).some(
    (ref: { optional?: unknown } | null) => ref?.optional === true,
  );
  return optional ? 'optional' : 'set';
}

/** Why empty variables can't go: what they hide would be seen, or a text that names them would be another. */
function boundEmpties(container: Container, states: ReadonlyMap<string, State>): ReadonlyMap<string, string> {
  const empties = [...NAMES.filter((name) => states.get(name) === 'empty'), ENV.region, ENV.defaultRegion];
  const mayBeRemoved = (container.env ?? []).some((variable) => isEmpty(variable) && empties.includes(variable.name));
  if (!mayBeRemoved) return new Map();
  if (hasEnvFrom(container)) return new Map(empties.map((name) => [name, 'beside envFrom']));
  // Every field, not only those that the kubelet expands today: command, args, env, subPathExpr and exec probes.
  const text = JSON.stringify(container);
  return new Map(empties.filter((name) => text.includes(`$(${name})`)).map((name) => [name, `named by $(${name})`]));
}

/** The Region's variables where none has a value, and none has to stay: they count as absent, so that ours are set. */
function emptyRegions(env: readonly EnvVar[], bound: ReadonlyMap<string, string>): string[] {
  const names: readonly string[] = [ENV.region, ENV.defaultRegion];
  const there = env.filter(({ name }) => names.includes(name));
  if (there.length === 0 || !there.every(isEmpty) || there.some(({ name }) => bound.has(name))) return [];
  return names.filter((name) => there.some((variable) => variable.name === name));
}

/** Keys in envFrom can't be seen here. A pair that `env` names hides them. It may have a Region, too, so none is set (container-env.ts). */
function envFromWarning({ envFrom }: Container, env: readonly EnvVar[]): string[] {
  const named = new Set(env.map(({ name }) => name));
  if (named.has(ENV.accessKeyID) && named.has(ENV.secretAccessKey)) return [];
  const mayHold = (envFrom ?? []).some((source) => {
    const prefix = (source as { prefix?: unknown } | null)?.prefix;
    return typeof prefix !== 'string' || KEYS.some((name) => name.startsWith(prefix));
  });
  const noRegion =
    named.has(ENV.region) || named.has(ENV.defaultRegion)
      ? ''
      : `. ${ENV.region} is not set beside it: write it into env, unless it has one`;
  return mayHold
    ? [
        `has envFrom: SDKs prefer AWS keys in it to the role; an empty ${ENV.accessKeyID} and ${ENV.secretAccessKey} in env hide them${noRegion}`,
      ]
    : [];
}
