import { CodedError, LIMITS } from '@rolechain/shared';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{` differ in this bit alone, and so do `]` and `}`. */
const CASE = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Looks at JSON text before it is parsed: 8 MiB of `[` would take the heap of a small pod, and what is nested
 * deeper than a call stack can't be written again. No text throws but with CodedError ReviewMalformed or
 * ReviewTooLarge; whether it is JSON at all is the parser's to say.
 */
export function checkBounds(json: string): void {
  const { reviewDepth, reviewObjects } = LIMITS;
  let depth = 0;
  let objects = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json.charCodeAt(at);
    if (char === QUOTE) at = endOfString(json, at);
    else if ((char | CASE) === OPEN) {
      depth++;
      objects++;
      if (depth > reviewDepth) {
        throw new CodedError('ReviewMalformed', `Lists and maps stand in each other more than ${reviewDepth} deep.`);
      }
      if (objects > reviewObjects) {
        throw new CodedError('ReviewTooLarge', `It has more than ${reviewObjects} lists and maps.`);
      }
    } else if ((char | CASE) === CLOSE) depth--;
  }
}

/** The index of the quote that ends the string beginning at `start`; the text's end where there is none. */
function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return json.length;
}
