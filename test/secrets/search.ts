/** Finds secrets in texts, whole or in part, as they are or encoded. Pure. */
import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import type { Channel, Heard, Secret, SecretKind } from '@rolechain/kit/record.ts';

/** A place to look at. It never holds the value, since it is printed. */
export interface Finding {
  readonly kind: SecretKind;
  readonly form: string;
  readonly channel: Channel;
  readonly where: string;
  /** Where the secret is from. */
  readonly from: string;
}

/** A shorter value can't be told from ordinary text. */
export const SHORTEST = 8;
/** Secrets are known by pieces of this length, so that a part of `2 * PIECE - 1` characters is found wherever it begins. */
const PIECE = 16;
/** Of encoded forms only the beginning is looked for: anyone who encodes a secret encodes all of it. */
const ENCODED_LENGTH = 96;

interface Form {
  readonly name: string;
  readonly text: string;
}

/**
 * Each text that holds a secret, once for each secret. The time goes with the length of the texts, not with the number of
 * secrets: of each stretch of a text that could be part of one, every piece is looked up.
 */
export function searchSecrets(texts: Iterable<Heard>, secrets: Iterable<Secret>): Finding[] {
  const pieces = new Map<string, readonly [Secret, string]>();
  const whole = new Map<string, readonly [Secret, string]>();
  for (const secret of secrets) {
    for (const { name, text } of partsOf(secret).flatMap(formsOf)) {
      if (text.length < PIECE || /[^\w+/=.%-]/.test(text)) whole.set(text, [secret, name]);
      else for (const piece of piecesOf(text)) pieces.set(piece, [secret, name]);
    }
  }
  return [...texts].flatMap(({ channel, text, where }) => {
    const found = new Map<Secret, string>();
    for (const [part, [secret, name]] of whole) if (text.includes(part)) found.set(secret, name);
    for (const stretch of stretchesOf(text)) {
      for (let at = 0; at + PIECE <= stretch.length; at++) {
        const hit = pieces.get(stretch.slice(at, at + PIECE));
        if (hit) found.set(...hit);
      }
    }
    return [...found].map(([{ kind, where: from }, form]) => ({ kind, form, channel, where, from }));
  });
}

/** Where a regular expression matches megabytes at once, its own stack overflows. */
const SLICE = 65_536;

/** What of a text could be part of a secret. Slices overlap, so that no piece is cut in two. */
function* stretchesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; from += SLICE) {
    const slice = text.slice(from, from + SLICE + PIECE - 1);
    for (const [stretch] of slice.matchAll(/[\w+/=.%-]{16,}/g)) yield stretch;
  }
}

/** What of a value is secret by itself; nothing where it is too short to be searched for. */
export function partsOf({ kind, value }: Secret): string[] {
  const text = value.trim();
  if (text.length < SHORTEST) return [];
  if (kind === 'ServiceAccount token') return [text.split('.').at(-1) ?? ''].filter(isSignature);
  return kind === 'private key' ? privateLines(text) : [text];
}

/**
 * Header and claims of a token name accounts and pods, as logs do; the signature makes it a token. What a test writes in
 * the place of a token, such as `token-1`, has none.
 */
const isSignature = (part: string): boolean => part.length >= 2 * PIECE;

/** The lines of a PEM that hold the private number alone: the rest of a key is also in its certificate. */
function privateLines(pem: string): string[] {
  const lines = pem
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => !line.startsWith('-----'));
  const { d = '' } = readKey(pem);
  const secret = Buffer.from(d, 'base64url');
  if (secret.length === 0) return [];
  const at = Buffer.from(lines.join(''), 'base64').indexOf(secret);
  // Three bytes are four characters; characters that hold bits of what stands beside it are left out.
  const begin = Math.ceil(at / 3) * 4;
  const end = Math.floor((at + secret.length) / 3) * 4;
  let offset = 0;
  const inside = lines.map((line) => {
    const part = line.slice(Math.max(0, begin - offset), Math.max(0, end - offset));
    offset += line.length;
    return part;
  });
  return inside.filter((part) => part.length >= PIECE);
}

function readKey(pem: string): JsonWebKey {
  try {
    return createPrivateKey(pem).export({ format: 'jwk' });
  } catch {
    // What a test writes in the place of a key is no secret.
    return {};
  }
}

/** A text as it is, and as it looks inside of other texts. */
export function formsOf(value: string): Form[] {
  const quoted = JSON.stringify(value).slice(1, -1);
  const begin = value.slice(0, ENCODED_LENGTH);
  const percent = encodeURIComponent(begin);
  const base64 = [0, 1, 2].map((shift) => base64Within(begin, shift));
  const encoded: Form[] = [
    { name: 'in JSON', text: quoted },
    { name: 'in JSON', text: quoted.replaceAll('/', '\\/') },
    { name: 'URL-encoded', text: percent },
    { name: 'URL-encoded', text: percent.replace(/%../g, (code) => code.toLowerCase()) },
    ...base64.map((text) => ({ name: 'in base64', text })),
    ...base64.map((text) => ({ name: 'in base64url', text: text.replaceAll('+', '-').replaceAll('/', '_') })),
    { name: 'in hexadecimal digits', text: Buffer.from(begin).toString('hex') },
  ];
  // The plain form comes last: of two forms that look the same it gives the name.
  return [...encoded, { name: 'in clear', text: value }];
}

/** The characters that a value gives the base64 of a text in which `shift` bytes (modulo 3) stand before it. */
function base64Within(value: string, shift: number): string {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
  const begin = Math.ceil((shift * 8) / 6);
  return bytes.toString('base64').slice(begin, Math.floor((bytes.length * 8) / 6));
}

/** Pieces side by side, and the last one. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at + PIECE <= text.length; at += PIECE) pieces.push(text.slice(at, at + PIECE));
  return [...pieces, text.slice(-PIECE)];
}
