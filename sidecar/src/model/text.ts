/** A JSON web token: the projected tokens, which a server may repeat in its error. */
const JWT = /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g;

/** Of a text, so many times as many characters are looked at as are shown: white space and tokens come out shorter. */
const LOOKED_AT = 8;

/** Another program's text as a message of ours may carry it: one line, short, without tokens. */
export function oneLine(text: string, maxChars: number): string {
  // Cut first: what another program writes has no end, and each beginning of a token is looked at to its end.
  const line = text
    .slice(0, LOOKED_AT * maxChars)
    .replace(JWT, '<token>')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 3)}...` : line;
}

/** The text with an end of sentence, so that another can follow. */
export function sentence(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}
