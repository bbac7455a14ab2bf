/** The checks for people: by category, a mark each, and below what is not well why, what to do and where to read. */
import type { Colors } from '../terminal/colours.ts';
import type { CheckResult, DoctorReport, Live, State } from '../report-schemas/doctor.ts';

const MARKS: Readonly<Record<State, string>> = { ok: '✓', warning: '!', failed: '✗', unknown: '?', skipped: '-' };

export function textOf({ checks, live, installedIn }: DoctorReport, colours: Colors): string {
  const categories = [...new Set(checks.map(({ category }) => category))];
  const blocks = categories.map((category) =>
    [
      colours.bold(category),
      ...checks.filter((one) => one.category === category).flatMap((one) => linesOf(one, colours)),
    ].join('\n'),
  );
  const parts = [...blocks, ...(live ? [liveText(live, colours)] : []), summary(checks, live, installedIn)];
  return `${parts.join('\n\n')}\n`;
}

function paint(colours: Colors): Readonly<Record<State, (text: string) => string>> {
  return {
    ok: colours.green,
    warning: colours.yellow,
    failed: colours.red,
    unknown: colours.yellow,
    skipped: colours.dim,
  };
}

function linesOf({ what, state, reason, fix, page }: CheckResult, colours: Colors): string[] {
  const mark = paint(colours)[state](MARKS[state]);
  if (state === 'ok' || state === 'skipped') return [`${mark} ${what}${reason === undefined ? '' : ` (${reason})`}`];
  return [`${mark} ${what}`, `    ${reason ?? ''}`, ...(fix === undefined ? [] : [`    ${fix}`]), `    See ${page}`];
}

function summary(checks: readonly CheckResult[], live: Live | undefined, installedIn: string): string {
  const count = (state: State): number => checks.filter((one) => one.state === state).length;
  const found = [
    [count('failed'), 'failed'],
    [count('warning'), 'to look at'],
    [count('unknown'), 'not looked at'],
  ].filter(([number]) => number !== 0);
  const text = found.length === 0 ? 'all well' : found.map(([number, word]) => `${number} ${word}`).join(', ');
  if (checks.length === 0) return live?.roles.some(({ code }) => code !== undefined) ? 'A hop fails.' : '';
  return `rolechain in namespace ${installedIn}: ${text}.`;
}

function liveText({ namespace, pod, note, roles }: Live, colours: Colors): string {
  const lines = roles.flatMap(({ role, state, secondsLeft, hops, code, message, fix }) => [
    `role ${role}: ${state}${secondsLeft === undefined ? '' : `, ${secondsLeft} s left`}`,
    ...hops.map(
      ({ step, state: own }) => `  ${markOf(own, colours)} ${step}${own === 'not reached' ? ' (not reached)' : ''}`,
    ),
    ...(code === undefined ? [] : [`    ${code}: ${message ?? ''}`, `    ${fix ?? ''}`]),
  ]);
  return [colours.bold(`pod ${namespace}/${pod}`), note, ...lines].join('\n');
}

function markOf(state: Live['roles'][number]['hops'][number]['state'], colours: Colors): string {
  if (state === 'ok') return colours.green('✓');
  return state === 'failed' ? colours.red('✗') : colours.dim(state === 'unknown' ? '?' : '-');
}
