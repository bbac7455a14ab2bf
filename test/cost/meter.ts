/** Cost in processor time and memory, in units of a calibration loop of the same process. */
import { GCProfiler } from 'node:v8';

/**
 * What one round of `calibrate` took on the machine on which the budgets were set (2 processors, Node 24.21, otherwise
 * idle), in milliseconds. A machine that takes twice as long for a round has twice the milliseconds for a review.
 */
export const REFERENCE_ROUND_MS = 10.5;

/**
 * Of a closer look: at least so many, and more while the least of them is over the budget. The budget is that of a program
 * at work, and code is compiled after ten or twenty runs; the first one may take five times as long. On a machine whose
 * processors others hold, the compiler's threads come late, too.
 */
export const TRIES_AT_LEAST = 5;
export const TRIES = 100;

/** Milliseconds of processor time of all of the process's threads: the garbage collector's are a cost, too. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const ENTRIES = Array.from({ length: 1200 }, (_, index) => ({
  name: `container-${index}`,
  image: `registry.example/app@sha256:${'0123456789abcdef'.repeat(4)}`,
  env: [{ name: 'AWS_REGION', value: `eu-central-${index % 7}` }],
}));
const TEXT = JSON.stringify(ENTRIES);

interface Leaf {
  readonly key: string;
  readonly range: readonly number[];
  readonly inner: Leaf[];
}

/**
 * One round of what the programs do, about as long as a costly review: JSON is read and written, texts are matched, and a
 * graph of small objects is made, walked and left to the garbage collector, as a parser makes it of a document.
 */
function round(): number {
  const entries = JSON.parse(TEXT) as typeof ENTRIES;
  const matched = entries.filter(
    ({ image, env }) => /^[\w.]+\/app@sha256:[\da-f]{64}$/.test(image) && /-[1-5]$/.test(env[0]?.value ?? ''),
  );
  const byName = new Map<string, Leaf>();
  for (const [at, { name, image }] of matched.entries()) {
    const parts = Array.from(image, (letter, index): Leaf => ({
      key: name + letter,
      range: [at, index, at + index],
      inner: [],
    }));
    byName.set(name, { key: image, range: [at], inner: parts });
  }
  return sizeOf([...byName.values()]) + JSON.stringify(matched).length + TEXT.replaceAll(/[aeiou]/g, '$&$&').length;
}

function sizeOf(leaves: readonly Leaf[]): number {
  let size = 0;
  for (const { key, range, inner } of leaves) size += key.length + range.length + sizeOf(inner);
  return size;
}

let sink = 0;

/** Milliseconds of one round, now. */
export function calibrate(): number {
  const before = processorMs();
  sink += round();
  // What nobody reads might be left out by the compiler.
  if (sink === -1) throw new Error('unreachable');
  return processorMs() - before;
}

/** Milliseconds of processor time on the reference machine. */
export function onReference(ms: number, roundMs: number): number {
  return (ms / roundMs) * REFERENCE_ROUND_MS;
}

export interface Spent<T> {
  readonly result: T;
  readonly ms: number;
  /** Bytes by which memory stood above its start at the most, garbage that wasn't collected yet included. */
  readonly peakBytes: number;
}

/** What `work` takes. */
export async function spend<T>(work: () => Promise<T>): Promise<Spent<T>> {
  const profiler = new GCProfiler();
  const start = memoryInUse();
  profiler.start();
  const before = processorMs();
  const result = await work();
  const ms = processorMs() - before;
  const collections = profiler.stop().statistics;
  const peaks = collections.map(
    ({ beforeGC: { heapStatistics } }) => heapStatistics.usedHeapSize + heapStatistics.externalMemory,
  );
  return { result, ms, peakBytes: Math.max(memoryInUse(), ...peaks) - start };
}

function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
