/** What a soak has come to: one table, and whether all is as it should be. Pure. */
import { columns } from '@rolechain/kit/columns.ts';
import type { Life, Program } from './meter.ts';
import { LEAF_MINUTES, type Operated } from './operate.ts';
import type { Seen } from './pods.ts';

export interface SoakRow {
  readonly what: string;
  readonly figure: string;
  /** In words; empty for a figure that is only told. */
  readonly bound: string;
  readonly ok: boolean;
}

export interface Soaked {
  readonly minutes: number;
  readonly seen: Seen;
  readonly operated: Operated;
  readonly lives: readonly Life[];
  readonly storms: number;
  readonly met: Readonly<Record<string, number>>;
  readonly assumeRoles: number;
}

const told = (what: string, figure: string | number): SoakRow => ({
  what,
  figure: String(figure),
  bound: '',
  ok: true,
});
const none = (what: string, count: number, which: readonly string[] = []): SoakRow => {
  const shown = which.slice(0, 3).join(' | ');
  return { what, figure: count === 0 ? '0' : `${count} ${shown}`.trim(), bound: '0', ok: count === 0 };
};
const some = (what: string, count: number, least = 1): SoakRow => ({
  ...{ what, figure: String(count), bound: `≥ ${least}`, ok: count >= least },
});

export function rowsOf({ minutes, seen, operated, lives, storms, met, assumeRoles }: Soaked): SoakRow[] {
  const troubles = [...seen.troubles, ...operated.troubles];
  const errors = [...seen.errors].sort(([, a], [, b]) => b - a).map(([text, count]) => `${count} × ${text}`);
  return [
    some('pods created', seen.pods),
    none('pods that the apiserver refused', seen.refused.length, seen.refused),
    none('pods without a sidecar', seen.notInjected),
    none('pods whose program made no call', seen.silent.length, seen.silent),
    some('calls of SDKs', seen.calls),
    none('of these failed', seen.failedCalls, errors),
    none('restarts of sidecars', seen.sidecarRestarts),
    some('storms over STS and the agent', storms),
    told(
      'calls that met one',
      Object.entries(met)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', '),
    ),
    some('AssumeRole calls', assumeRoles),
    some('rollouts of the webhook', operated.rolls),
    none('rollouts that did not end', operated.failedRolls.length, operated.failedRolls),
    none('restarts of webhooks', operated.webhookRestarts),
    some('settings written', operated.settings),
    none('invalid settings that were taken', operated.invalidTaken),
    none('questions of the soak itself that failed', troubles.length, troubles),
    // Each is renewed before it ends.
    some('serving certificates seen', operated.certificates.size, 1 + Math.floor(minutes / LEAF_MINUTES)),
    ...(['webhook', 'sidecar'] as const).flatMap((program) => meterRows(program, lives)),
  ];
}

/** A process that lived for less says nothing of growth. */
const GROWS_SECONDS = 300;
/** V8 grows to its ease in the first minutes. */
const SETTLED_SECONDS = 120;

function meterRows(program: Program, all: readonly Life[]): SoakRow[] {
  const lives = all.filter((life) => life.program === program);
  const samples = lives.flatMap((life) => life.samples);
  if (samples.length === 0) return [some(`${program}s measured`, 0)];
  const most = (of: (sample: (typeof samples)[number]) => number): number => Math.max(...samples.map(of));
  return [
    some(`${program}s measured`, lives.length),
    told(`${program}: most anonymous memory`, `${most((sample) => sample.anonymousMiB).toFixed(1)} MiB`),
    told(
      `${program}: most descriptors`,
      most((sample) => sample.descriptors),
    ),
    ...growth(program, lives),
  ];
}

/** Of the longest life: its last third beside its second, after it has settled. */
function growth(program: Program, lives: readonly Life[]): SoakRow[] {
  const lasted = ({ samples }: Life): number => (samples.at(-1)?.seconds ?? 0) - (samples[0]?.seconds ?? 0);
  const [longest] = [...lives].sort((a, b) => lasted(b) - lasted(a));
  if (!longest || lasted(longest) < GROWS_SECONDS) return [];
  const from = (longest.samples[0]?.seconds ?? 0) + SETTLED_SECONDS;
  const settled = longest.samples.filter(({ seconds }) => seconds >= from);
  const half = Math.floor(settled.length / 2);
  const [early, late] = [settled.slice(0, half), settled.slice(half)];
  const row = (what: string, unit: string, bound: number, of: (sample: Life['samples'][number]) => number): SoakRow => {
    const [a, b] = [early, late].map((part) => median(part.map(of))) as [number, number];
    return {
      what: `${program}: ${what}, first and second half of ${Math.round(lasted(longest) / 60)} min`,
      figure: `${a.toFixed(1)}, ${b.toFixed(1)}${unit}`,
      bound: `≤ first half + ${bound}${unit}`,
      ok: b <= a + bound,
    };
  };
  return [
    row('anonymous memory', ' MiB', MEMORY_MIB[program], (sample) => sample.anonymousMiB),
    row('descriptors', '', DESCRIPTORS, (sample) => sample.descriptors),
  ];
}

/** What V8's heap swings by; a leak of an hour is more. */
const MEMORY_MIB: Readonly<Record<Program, number>> = { webhook: 16, sidecar: 4 };
const DESCRIPTORS = 5;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

export function tableOf(rows: readonly SoakRow[]): string {
  const cells = rows.map(({ what, figure, bound, ok }) => [
    what,
    figure,
    bound,
    bound === '' ? '' : ok ? 'ok' : 'FAILED',
  ]);
  const head = ['work', 'figure', 'bound', ''];
  return columns([head, ...cells], 80);
}
