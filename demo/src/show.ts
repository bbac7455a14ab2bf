/** How the demo looks on a terminal. */
import { styleText } from 'node:util';
import { diffLines } from 'diff';
import { stringify } from 'yaml';

/** Prints one line a step, with the time since the step before. */
export function makeSteps(now: () => number): (what: string) => void {
  let last = now();
  return (what) => {
    const seconds = ((now() - last) / 1000).toFixed(2).padStart(6);
    last = now();
    console.log(`${styleText('dim', `${seconds} s`)}  ${styleText('green', '✓')} ${what}`);
  };
}

const CONTEXT = 3;

/** Two objects as YAML, line by line: what came in plain, what was added in green, what is gone in red. */
export function diffYAML(before: unknown, after: unknown): string {
  const options = { lineWidth: 0, aliasDuplicateObjects: false };
  const parts = diffLines(stringify(before, options), stringify(after, options));
  return parts
    .flatMap(({ added, removed, value }, index) => {
      const lines = value.replace(/\n$/, '').split('\n').map(shorten);
      if (added) return lines.map((line) => styleText('green', `  + ${line}`));
      if (removed) return lines.map((line) => styleText('red', `  - ${line}`));
      return unchanged(lines, index === 0, index === parts.length - 1);
    })
    .join('\n');
}

/** The neighbours of a change; a long stretch between two changes is folded. */
function unchanged(lines: readonly string[], first: boolean, last: boolean): string[] {
  const head = first ? [] : lines.slice(0, CONTEXT);
  const tail = last ? [] : lines.slice(Math.max(head.length, lines.length - CONTEXT));
  const folded = lines.length - head.length - tail.length;
  const fold = folded > 0 ? [styleText('dim', `    ... ${folded} unchanged ${folded === 1 ? 'line' : 'lines'}`)] : [];
  return [...head.map((line) => `    ${line}`), ...fold, ...tail.map((line) => `    ${line}`)];
}

/** The sidecar's configuration is one long line: its beginning is enough here. */
function shorten(line: string): string {
  return line.length <= 150 ? line : `${line.slice(0, 147)}...`;
}
