/** The generator of load (bench/peers/webhook/load), a process of its own. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SERVER_NAME } from '@rolechain/webhook/testing/https.ts';
import type { Target } from './webhooks.ts';

/** What it tells of one run. Milliseconds. */
export interface Load {
  readonly answers: number;
  readonly patched: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

export interface HowMuch {
  readonly connections: number;
  /** It ends after this time, or after this many answers where they come first. */
  readonly seconds: number;
  readonly answers?: number;
}

export type Run = (to: Target, howMuch: HowMuch) => Promise<Load>;

/** Sends the reviews of a file, one a line. Rejects where an answer is none or too few pods were patched. */
export function makeLoad(program: string, reviews: string): Run {
  return async ({ name, url, caFile }, howMuch) => {
    const flags = { url, ca: caFile, name: SERVER_NAME, reviews, ...howMuch };
    const args = Object.entries(flags).flatMap(([flag, value]) => [`-${flag}`, String(value)]);
    const { stdout } = await promisify(execFile)(program, args);
    const result = JSON.parse(stdout) as Load;
    // A webhook that leaves the pods alone would be fast.
    if (Math.abs(result.patched / result.answers - 0.5) > 0.1)
      throw new Error(`${name} patched ${result.patched} of ${result.answers} pods, not half of them`);
    return result;
  };
}
