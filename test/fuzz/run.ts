/** Runs generated annotations through both grammars: each must come to a coded outcome, and memory must not grow. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ERRORS, parseAssumeRole, parseFluxAssumeRole, parseRoleARN, type Problem } from '@rolechain/shared';
import { generate } from './annotation.ts';

export interface FuzzResult {
  readonly accepted: number;
  readonly refused: number;
  /** How often each code was given. */
  readonly codes: Readonly<Record<string, number>>;
  /** Bytes by which the heap grew from a fifth of the way to the end, garbage collected. */
  readonly grown: number;
}

/** What both grammars give, or what is wrong with it. */
type Outcome = { readonly complaint: string } | { readonly codes: readonly string[]; readonly accepted: boolean };

/** Bytes. Far over what caches of the runtime take; a leak of 5 bytes a document comes to more in a million. */
export const GROWTH_LIMIT = 4 * 1024 * 1024;

/** Runs `count` documents; throws at the first one that has no coded outcome, with what gives it again. */
export function runFuzz(count: number, seed: number, progress: (done: number) => void = () => undefined): FuzzResult {
  const codes: Record<string, number> = {};
  let accepted = 0;
  let early = 0;
  for (let index = 0; index < count; index++) {
    if (index === Math.floor(count / 5)) early = heapUsed();
    const { text, valid } = generate(seed, index);
    // Flux's grammar is the smaller one: a quarter of the documents is enough for it.
    const outcome = check(text, valid, index % 4 === 0);
    if ('complaint' in outcome) throw new Error(`seed ${seed}, index ${index}: ${outcome.complaint}: ${quote(text)}`);
    if (outcome.accepted) accepted++;
    for (const code of outcome.codes) codes[code] = (codes[code] ?? 0) + 1;
    progress(index + 1);
  }
  return { accepted, refused: count - accepted, codes, grown: heapUsed() - early };
}

/** The outcome of one text. */
export function check(text: string, valid?: true, flux = true): Outcome {
  try {
    const ours = parseAssumeRole(text);
    if (valid && !ours.ok) return { complaint: `refused though valid: ${JSON.stringify(ours.problems)}` };
    if (ours.ok && (ours.value.length === 0 || ours.value.some(({ roleARN }) => !parseRoleARN(roleARN)))) {
      return { complaint: 'accepted without a role ARN' };
    }
    for (const checked of flux ? [ours, parseFluxAssumeRole(text)] : [ours]) {
      if (!checked.ok && checked.problems.length === 0) return { complaint: 'refused without a problem' };
      const bad = checked.ok ? undefined : checked.problems.find((problem) => !isCoded(problem));
      if (bad) return { complaint: `not in order: ${JSON.stringify(bad)}` };
    }
    return { accepted: ours.ok, codes: ours.ok ? [] : ours.problems.map(({ code }) => code) };
  } catch (error) {
    return { complaint: `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
  }
}

/** A known code, one line that says what is wrong, a fix, and a place unless it is the document itself. */
function isCoded({ code, path, text, fix }: Problem): boolean {
  const place = code.startsWith('Document') ? path === '' : path !== '' && path.length < 500;
  return Object.hasOwn(ERRORS, code) && place && /^[^\n\r]{5,500}$/.test(text) && /^[^\n\r]{5,500}$/.test(fix);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 2000 ? `${text.slice(0, 2000)}...` : text);
}

/** Bytes in use once what is garbage is collected, whether or not the process was started with --expose-gc. */
export function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
