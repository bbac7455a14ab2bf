/** A JSON web token: the projected tokens, which a server may repeat in its error. */
const JWT = /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g;

/** Another program's text as a message of ours may carry it: one line, short, without tokens. */
export function oneLine(text: string, maxChars: number): string {
  const line = text
    .replace(JWT, '<token>')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 3)}...` : line;
}

/** The text with an end of sentence, so that another can follow. */
export function sentence(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}
