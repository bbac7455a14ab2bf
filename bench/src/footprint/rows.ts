/** The rows of `bench footprint`, from its figures. */
import { median } from '../quantile.ts';
import { against, atMost, format, told, type Row } from '../row.ts';
import { SHIPPED_LIMIT_MIB, type Memory } from '@rolechain/test/cgroup/memory.ts';
import type { UnderLimit } from './limit.ts';
import { AT_REST, MOMENTS, type MemoryOf, type Moment } from './memory.ts';
import type { Load, RunCost, StartTimes } from './meter.ts';

/** One contestant's figures; memory is undefined where no cgroup could be made. */
export interface Figures {
  readonly name: string;
  readonly times: readonly StartTimes[];
  readonly memory: MemoryOf | undefined;
}

const MEMORY_NOTE =
  'The most of: after start, 12 s after 1,200 requests, after a refresh. memory.usage_in_bytes (memory.current) of its own cgroup with the kernel memory in it; charges come in batches of up to 256 KiB a processor. The pages of node and bundle are charged to another cgroup, which runs the same program. As root, not as the user 28173 of the pods. Right after many new connections the sockets of Node that have closed still lie in the heap: they outlive the small collections, and go with the next full one, within some 10 s of quiet.';

export function startRows(shipped: Figures, untuned: Figures, go: Figures): Row[] {
  const [ours, before, peer] = [shipped, untuned, go].map(timesOf) as [StartTimes, StartTimes, StartTimes];
  const first = { ours: ours.first, peer: before.first, name: 'untuned', unit: 'ms' };
  const listening = `${format(ours.listening)} ms, untuned ${format(before.listening)} ms, Go ${format(peer.listening)} ms`;
  return [
    against('footprint: exec to first credential', first, { atMost: 0.5 }),
    told('footprint: exec to first credential, Go', `${format(peer.first)} ms`),
    told('footprint: exec to listening', listening),
  ];
}

/** The most of the moments at rest is held against the goal. */
export function memoryRows(shipped: Figures, untuned: Figures, go: Figures): Row[] {
  const { memory } = shipped;
  if (memory === undefined) return [];
  const most = Math.max(...AT_REST.map((moment) => memory[moment].usage));
  const goal = { ...atMost('footprint: one more sidecar on a node, at rest', most, 17, 'MiB'), note: MEMORY_NOTE };
  const figure = ({ usage, anon }: Memory): string => `${format(usage)} (anon ${format(anon)})`;
  const rows = MOMENTS.map((moment) => {
    const others = [untuned, go].map((each) => each.memory && `${each.name} ${figure(each.memory[moment])}`);
    return told(`footprint: one more sidecar, ${moment}`, `${figure(memory[moment])} MiB, ${others.join(', ')}`);
  });
  return [goal, ...rows];
}

/** What each step of the tuning gained. */
export function stepRows(steps: readonly Figures[]): Row[] {
  return steps.map((step, index) => {
    const before = steps[index - 1];
    const [now, then] = [timesOf(step), before && timesOf(before)];
    const at = (moment: Moment): string[] => {
      const mib = step.memory?.[moment].usage;
      return mib === undefined ? [] : [`${change(mib, before?.memory?.[moment].usage)} MiB ${moment}`];
    };
    const figures = [
      `listening ${change(now.listening, then?.listening)} ms`,
      `first credential ${change(now.first, then?.first)} ms`,
      ...at('after start'),
      ...at('after 1,200 requests'),
    ];
    return told(`footprint step ${index}: ${step.name}`, figures.join(', '));
  });
}

/** `94 (-27.5)` */
export function change(now: number, before: number | undefined): string {
  if (before === undefined) return format(now);
  const difference = now - before;
  return `${format(now)} (${difference > 0 ? '+' : ''}${format(difference)})`;
}

const IDLE_NOTE =
  "From 12 s after the start on. Before that, V8's memory reducer collects garbage once more on its own, about 9 s after a start: 30 ms, which are not in this figure.";

/** A share of one processor, in percent, over the same time. */
export function idleRow(percent: readonly { readonly name: string; readonly percent: number }[]): Row {
  const [shipped, ...others] = percent;
  const row = atMost('footprint: CPU of one core while idle', shipped?.percent ?? NaN, 0.1, '%');
  return { ...row, note: `${others.map((each) => `${each.name} ${format(each.percent)} %`).join(', ')}. ${IDLE_NOTE}` };
}

/** `bare` is node:http with one constant answer: what of the figure is Node's own. */
export function latencyRows(
  connection: string,
  ours: readonly Load[],
  go: readonly Load[],
  bare: readonly Load[],
): Row[] {
  const of = (loads: readonly Load[], key: 'p50' | 'p99'): number => median(loads.map((load) => load[key]));
  const work = `footprint: cached credentials at 100/s, ${connection}`;
  const p99 = atMost(`${work}: p99`, of(ours, 'p99'), 1, 'ms');
  const note =
    'As the client sees it: connecting, and what the kernel and the client themselves take, are in both figures. At 100 a second each request finds cold caches, and takes 0.5 to 0.7 ms of processor, many times what one of a busy process takes (adr/0013); with the client on the same 2 cores little is left of 1 ms. The Go peer takes 0.3 to 0.45 ms.';
  const failed = ours.reduce((sum, load) => sum + load.failed, 0);
  return [
    { ...p99, peer: `${format(of(go, 'p99'))} ms (Go)`, ratio: of(ours, 'p99') / of(go, 'p99'), note },
    told(`${work}: p99 of node:http with one constant answer`, `${format(of(bare, 'p99'))} ms`),
    told(
      `${work}: p50`,
      `${format(of(ours, 'p50'))} ms, Go ${format(of(go, 'p50'))}, node:http ${format(of(bare, 'p50'))}`,
    ),
    ...(failed === 0 ? [] : [atMost(`${work}: failed requests`, failed, 0)]),
  ];
}

export function proberRow(runs: readonly RunCost[], peakMiB: readonly number[]): Row {
  const of = (key: 'wall' | 'cpu' | 'resident'): number => median(runs.map((run) => run[key]));
  const charged = peakMiB.length === 0 ? '' : `, ${format(median(peakMiB))} MiB of cgroup at its peak`;
  const times = `${format(of('wall'))} ms, ${format(of('cpu'))} ms of CPU`;
  return told(
    'footprint: one startup probe',
    `${times}${charged}, ${format(of('resident'))} MiB resident`,
    'The kubelet runs it each second until it passes once.',
  );
}

/** `note` stands with the goal. */
export function limitRows(cache: string, runs: readonly UnderLimit[], note?: string): Row[] {
  const work = `footprint: limit ${format(SHIPPED_LIMIT_MIB)} MiB, page cache ${cache}`;
  const failures = runs.reduce((sum, run) => sum + run.failures, 0);
  const of = (key: (run: UnderLimit) => number): string => format(median(runs.map(key)));
  const peak = of((run) => run.peakMiB ?? NaN);
  const seen = `${of((run) => run.firstMs)} ms (peak ${peak} MiB, ${of((run) => run.fileMiB)} MiB of files charged)`;
  return [
    {
      ...atMost(`${work}: OOM kills, failed requests and probes`, failures, 0),
      ...(note === undefined ? {} : { note }),
    },
    told(`${work}: exec to first credential`, seen),
  ];
}

function timesOf({ times }: Figures): StartTimes {
  return { listening: median(times.map((each) => each.listening)), first: median(times.map((each) => each.first)) };
}
