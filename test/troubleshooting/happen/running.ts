/** Ways to fail of a pod that runs: its sidecar, doubles of AWS, programs of SDKs. */
import type { Happenings } from '../run.ts';

export const RUNNING: Happenings<unknown> = {};
