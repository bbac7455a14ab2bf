import { CodedError, LIMITS } from '@rolechain/shared';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** `[` and `{` differ in this bit alone, and so do `]` and `}`. */
const CASE = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Bytes that the parser makes of a list, a map, a member or an element at most, but for the texts in them: a map with a key
 * that no other has takes 190, and is two of them (V8 of Node 24, measured on a MiB of each form).
 */
const VALUE_BYTES = 96;

/**
 * Looks at JSON text before it is parsed: 8 MiB of `[` would take the heap of a small pod, and what is nested
 * deeper than a call stack can't be written again. Gives the bytes that text and parsed value will take together, at most.
 * No text throws but with CodedError ReviewMalformed or ReviewTooLarge; whether it is JSON at all is the parser's to say.
 */
export function checkBounds(json: string): number {
  const { reviewDepth, reviewObjects, reviewValues } = LIMITS;
  let depth = 0;
  let objects = 0;
  let commas = 0;
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
    else if (char === COMMA && ++commas > reviewValues) {
      throw new CodedError('ReviewTooLarge', `It has more than ${reviewValues} members and elements.`);
    }
  }
  // A text of one character over U+00FF has two bytes a character, and the texts in it may be copies.
  return 4 * json.length + VALUE_BYTES * (objects + commas);
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
