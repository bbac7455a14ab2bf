/** What observe.ts found, as it stands in observed.json: by hand, since it takes Java, Rust and a quarter of an hour. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Effect } from './effects.ts';

/** One SDK with some variables set. */
export interface Observation {
  readonly variables: readonly string[];
  readonly value: 'filled' | 'empty';
  readonly effect: Effect;
  /** Of a proxy: the values of each of NO_PROXY and no_proxy that keep the request from it, of NO_PROXY_VALUES. */
  readonly keptBy?: Readonly<Record<string, readonly string[]>>;
  /** Of a failure: the SDK's words, or what else it wrote. */
  readonly words?: string;
}

export interface Observed {
  readonly name: string;
  readonly version: string;
  /** All that its sources name. */
  readonly known: readonly string[];
  /** Those that leave the role in place are left out. */
  readonly observations: readonly Observation[];
}

export const OBSERVED_FILE = join(import.meta.dirname, 'observed.json');

export function readObserved(): readonly Observed[] {
  return JSON.parse(readFileSync(OBSERVED_FILE, 'utf8')) as Observed[];
}

/** What an SDK makes of one variable, alone or with others that have no effect without it; undefined for nothing. */
export function effectOn({ observations }: Observed, name: string, value: Observation['value']): Effect | undefined {
  const having = observations.filter((one) => one.value === value && one.variables.includes(name));
  const needed = having.filter(
    ({ variables, effect }) =>
      !observations.some(
        (other) =>
          other.value === value &&
          other.effect === effect &&
          other.variables.every((one) => one !== name && variables.includes(one)),
      ),
  );
  return needed.find(({ effect }) => effect === 'passed by')?.effect ?? needed[0]?.effect;
}
