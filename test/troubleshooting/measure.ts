/** What a way's viewers printed, held against what the page says of it. Pure. */
import { causeOf } from './cause.ts';
import type { Viewer, Way } from './way.ts';

/** What each viewer printed. */
export type Seen = Readonly<Partial<Record<Viewer, string>>>;

/** The cause and the fix as they are printed: this case's own, or the table's. */
export function toldOf({ codes: [code], says }: Way): { readonly cause: string; readonly fix: string } {
  const { text, fix } = causeOf(code);
  return { cause: says?.cause ?? text, fix: says?.fix ?? fix };
}

/** A symptom as the page shows it. */
export function symptomText(way: Way, text: string): string {
  const { cause, fix } = toldOf(way);
  return text.replaceAll('{cause}', open(cause)).replaceAll('{fix}', open(fix));
}

/** Whether a text is in another, line breaks and indents aside; `…` stands for anything. */
export function holds(output: string, text: string): boolean {
  const parts = oneLine(text)
    .split('…')
    .map((part) => part.trim());
  let [rest, isIn] = [oneLine(output), true];
  for (const part of parts) {
    const at = rest.toLowerCase().indexOf(part.toLowerCase());
    if (at < 0) isIn = false;
    else rest = rest.slice(at + part.length);
  }
  return isIn;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
/** A detail may follow a sentence of a table, a code in brackets a fix. */
const open = (text: string): string => text.replace(/\.$/, '');

/** 3: the first viewer shows cause and fix; 2: another one that is looked at does; 1: the first shows one of them; 0: none. */
export function gradeOf(way: Way, seen: Seen): 0 | 1 | 2 | 3 {
  const { cause, fix } = toldOf(way);
  const shows = (output: string, ...texts: readonly string[]): boolean =>
    texts.every((text) => text !== '' && holds(output, open(text)));
  const first = seen[way.first] ?? '';
  if (shows(first, cause, fix)) return 3;
  if (Object.values(seen).some((output) => shows(output, cause, fix))) return 2;
  return shows(first, cause) || shows(first, fix) ? 1 : 0;
}

/** What of the page is not so: one line each. */
export function differences(way: Way, seen: Seen): string[] {
  const missing = Object.entries(way.symptoms).flatMap(([viewer, text]) => {
    const output = seen[viewer as Viewer];
    if (output === undefined) return [`${viewer} was not looked at`];
    const whole = symptomText(way, text);
    return holds(output, whole) ? [] : [`${viewer} does not print:\n${whole}\nbut:\n${output}`];
  });
  const measured = gradeOf(way, seen);
  const { cause, fix } = toldOf(way);
  const graded =
    measured === way.grade
      ? []
      : [`grade ${measured}, not ${way.grade}; cause: ${cause}; fix: ${fix}; ${way.first}:\n${seen[way.first] ?? ''}`];
  return [...missing, ...graded];
}
