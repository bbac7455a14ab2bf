/** What the parsing of a body costs, which is no part of the budget: it is linear, and a body has a limit. */
import { LIMITS } from '@rolechain/shared';
import type { Measurer } from './measurer.ts';
import { reviewOf } from './parts.ts';

const MIB = 1024 * 1024;

/** A list of the same again and again, about so many bytes. */
const listOf = (item: string) => (bytes: number) => `[${`${item},`.repeat(bytes / (item.length + 1))}0]`;

/** Bodies by what they are made of. What is no review is refused right behind the parser. */
export const FORMS: Readonly<Record<string, (bytes: number) => string>> = {
  'one text': (bytes) => JSON.stringify('x'.repeat(bytes)),
  'one text of signs that are escaped': (bytes) => JSON.stringify('\n'.repeat(bytes / 2)),
  texts: listOf('"abcdefgh"'),
  numbers: listOf('1'),
  'long numbers': listOf('0.12345678901234567e-300'),
  // Not smaller, or there were more of them than a review may have (LIMITS.reviewObjects).
  maps: listOf(`{"a":"${'x'.repeat((8 * MIB) / LIMITS.reviewObjects)}"}`),
  'keys that differ': (bytes) => {
    const pairs = Array.from({ length: bytes / 16 }, (_, index) => `"k${index}":${index}`.padEnd(15));
    return `{${pairs.join(',')}}`;
  },
};

/** Milliseconds on the reference machine. */
export async function parsingMs(measurer: Measurer, form: string, mib: number): Promise<number> {
  const body = FORMS[form]?.(mib * MIB - 64) ?? '';
  const outcome = await measurer.ask({ input: reviewOf({ body }), how: 'least' });
  return 'measured' in outcome ? (outcome.measured?.parsingMs ?? 0) : Infinity;
}
