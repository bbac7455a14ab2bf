/** `--watch`: prints the report again when it changes. Only an interrupt, or a reader that has gone, ends it. */
import { CodedError } from '@rolechain/shared';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { makeColours } from '../terminal/colours.ts';
import type { Call, Outcome } from '../terminal/command.ts';
import type { StatusReport } from '../report-schemas/status.ts';

export interface WatchOptions {
  readonly call: Call;
  readonly read: () => Promise<StatusReport>;
  readonly outcomeOf: (report: StatusReport) => Outcome;
  readonly ms: number;
}

/** Cursor home, and what is on the screen gone (ECMA-48, CUP and ED). */
const CLEAR = '\u001b[H\u001b[2J';

export async function watch({ call, read, outcomeOf, ms }: WatchOptions): Promise<void> {
  const { signal, err } = call.surroundings;
  const isOver = (): boolean => signal.aborted;
  let shown: StatusReport | undefined;
  let problem = '';
  while (!isOver()) {
    try {
      const report = settled(shown, await read());
      if (problem !== '') err('the cluster answers again\n');
      problem = '';
      if (!isDeepStrictEqual(report, shown)) print(outcomeOf(report), call);
      shown = report;
    } catch (error) {
      if (isOver()) return;
      // What a person has to change first ends it where it never worked.
      if (!(error instanceof CodedError) || (shown === undefined && error.terminal)) throw error;
      const text = `${error.code}: ${error.message}\n`;
      if (text !== problem) err(text);
      problem = text;
    }
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}

/** Sidecars tell seconds: the end of the same session may seem to move by some. */
const SAME_END_MS = 5000;

/** The next report, with the times of sessions that are the same ones as before. */
export function settled(before: StatusReport | undefined, next: StatusReport): StatusReport {
  const ends = new Map(
    before?.pods.flatMap((pod) => pod.roles.map(({ name, until }) => [`${pod.namespace}/${pod.name} ${name}`, until])),
  );
  const pods = next.pods.map((pod) => ({
    ...pod,
    roles: pod.roles.map((role) => {
      const until = ends.get(`${pod.namespace}/${pod.name} ${role.name}`) ?? null;
      if (until === null || role.until === null) return role;
      return Math.abs(Date.parse(until) - Date.parse(role.until)) <= SAME_END_MS ? { ...role, until } : role;
    }),
  }));
  return { ...next, pods };
}

/** JSON: one document per line; YAML: one per `---`. */
function print({ report, text }: Outcome, { output, surroundings }: Call): void {
  const { out, now, hasColours } = surroundings;
  if (output === 'json') out(`${JSON.stringify(report)}\n`);
  else if (output === 'yaml') out(`---\n${stringify(report, { aliasDuplicateObjects: false })}`);
  else out(`${hasColours ? CLEAR : ''}${now().toISOString()}\n${text(makeColours(hasColours))}\n\n`);
}
