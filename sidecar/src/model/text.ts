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

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** What differs from one answer to the next of the same cause, with what stands in its place. */
const UNSTEADY: readonly (readonly [RegExp, string])[] = [
  // The agent: `[request]: (Code): message`; the SDK for Go behind it: `RequestID: request, `.
  [new RegExp(`\\[${UUID}\\]:? ?`, 'gi'), ''],
  [/,? ?\brequest ?id:? ?[\w-]{8,64}/gi, ''],
  // A session of Pod Identity is named after its pod and at random: `eks-CLUSTER-POD-UUID`.
  [new RegExp(`(:assumed-role/[^/\\s]{1,64}/[^/\\s]{0,64}?)${UUID}`, 'gi'), '$1...'],
  // STS, of signatures and tokens: `20261122T120000Z`, `current date/time 1700000000`.
  [/\b\d{8}T\d{6}Z/g, '...'],
  [/\b(date\/time) ?\d{10}/g, '$1 ...'],
  // Go: `token is expired by 3m2.5s`.
  [/\b(expired by) \d[\d.hmsµ]*/g, '$1 ...'],
  // STS, of a refusal: what "Missing: " and "Not allowed: " say again, and the role that the call names already. Both would be too long for an event.
  [
    /\bUser: [\w:/+=,.@-]{1,300} is not authorized to perform: sts:\w{1,30} on resource: [\w:/+=,.@-]{1,2048} ((?:Missing|Not allowed): sts:\w{1,30}) on [\w:/+=,.@-]{1,2048} (?=for )/g,
    '$1 ',
  ],
  // One of a name's addresses.
  [/ \([\da-f]*[.:][\d.:a-f]{1,40}\)/gi, ''],
];

/** The text without what differs each time, for events: the same cause gives the same words. */
export function steadyText(text: string): string {
  return UNSTEADY.reduce((steady, [pattern, instead]) => steady.replace(pattern, instead), text);
}
