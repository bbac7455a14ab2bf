/** Searches all that a run of the tests has recorded (record.ts), and says the outcome. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHANNELS, SECRET_KINDS, type Heard, type Secret } from '@rolechain/kit/record.ts';
import { partsOf, searchSecrets, type Finding } from './search.ts';

export interface Records {
  readonly texts: readonly Heard[];
  readonly secrets: readonly Secret[];
}

export interface Verdict {
  /** `secret search: N texts, M secrets, 0 found` */
  readonly line: string;
  /** Why the run fails, a line each; empty when it doesn't. */
  readonly failures: readonly string[];
}

/** Reads the folder. What was recorded twice comes once. */
export async function readRecords(folder: string): Promise<Records> {
  const texts = new Map<string, Heard>();
  const secrets = new Map<string, Secret>();
  for (const name of await readdir(folder)) {
    // Not node:readline, for which U+2028 and U+2029 end a line too: JSON has them as they are.
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n').filter(Boolean)) {
      const record = JSON.parse(line) as Heard | Secret;
      if ('kind' in record) secrets.set(record.value, record);
      else texts.set(record.text, record);
    }
  }
  return { texts: [...texts.values()], secrets: [...secrets.values()] };
}

/** How much a run must have heard for its search to say something. */
export type Demand = 'every channel' | 'something' | 'nothing';

/**
 * Fails on each secret that was found, and names where, never the value; and where less was heard, or fewer kinds of
 * secrets were known, than the run's tests are bound to give: such a search finds nothing whatever they say.
 */
export function judge({ texts, secrets }: Records, demand: Demand): Verdict {
  const known = secrets.filter((secret) => partsOf(secret).length > 0);
  const found = [...new Set(searchSecrets(texts, known).map(sentence))];
  return {
    line: `secret search: ${texts.length} texts, ${known.length} secrets, ${found.length} found`,
    failures: [...found, ...missing(texts, known, demand)],
  };
}

function missing(texts: readonly Heard[], known: readonly Secret[], demand: Demand): string[] {
  if (demand === 'nothing') return [];
  if (demand === 'something') {
    return texts.length > 0 && known.length > 0 ? [] : ['nothing was heard, or no secret is known'];
  }
  const heard = new Set<string>(texts.map(({ channel }) => channel));
  const kinds = new Set<string>(known.map(({ kind }) => kind));
  return [
    ...CHANNELS.filter((channel) => !heard.has(channel)).map((channel) => `nothing was heard of: ${channel}`),
    ...SECRET_KINDS.filter((kind) => !kinds.has(kind)).map((kind) => `none is known of: ${kind}`),
  ];
}

function sentence({ kind, form, channel, where, from }: Finding): string {
  return `a secret was said (${kind}, ${form}, of ${from}) in: ${channel}, ${where}`;
}
