/**
 * What a container may meet in place of credentials, and what each SDK prints then: asked of the sidecar as it is shipped. The
 * texts stand in sdk-texts.json (observe-sdks.ts), from which the page shows them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@rolechain/kit/free-port.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { Sdk } from '../sdks/programs.ts';
import { STARTS } from './happen/pod-starts.ts';
import { targetOf, type World } from './happen/pod-world.ts';
import { askedBy, variablesOf } from './happen/sdk-programs.ts';
import { hop } from '../sidecar/bench.ts';

type Variables = Readonly<Record<string, string>>;

interface Answer {
  /** As the page names it. */
  readonly title: string;
  /** The environment of the container. */
  readonly meet: (world: World) => Promise<Variables>;
}

/** The environment of a pod of this way, once its credentials have failed. */
const failing =
  (way: keyof typeof STARTS, status: number) =>
  async (world: World): Promise<Variables> => {
    const pod = await STARTS[way](world, way);
    await eventually(`an answer ${status}`, async () => {
      const { data, ...reply } = await pod.sidecar.ask();
      return reply.status === status && data.Code !== 'NotReady';
    });
    return variablesOf(pod);
  };

export const ANSWERS = {
  'refused-by-sts': { title: 'STS refuses (403)', meet: failing('trust-refuses', 403) },
  'wrong-input': { title: 'A value of yours is wrong (400)', meet: failing('external-id-ends-in-newline', 400) },
  'not-yet': { title: 'It may pass (503)', meet: failing('association-missing', 503) },
  'no-token': {
    title: 'The request has no token (401)',
    meet: async (world) => {
      const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: _file, ...rest } = variablesOf(await world.start('no-token'));
      return rest;
    },
  },
  'other-role': {
    title: "Another role's token (403)",
    meet: async (world) => {
      const pod = await world.start('other-role', { others: { audit: { hops: [hop(targetOf('audit'))] } } });
      await eventually('it serves', async () => (await pod.sidecar.ask()).status === 200);
      return variablesOf(pod, 'default', 'audit');
    },
  },
  'no-sidecar': {
    title: 'No sidecar listens',
    meet: async (world) => {
      const pod = await world.start('no-sidecar');
      await eventually('it serves', async () => (await pod.sidecar.ask()).status === 200);
      return {
        ...variablesOf(pod),
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${await freePort()}/v1/credentials/default`,
      };
    },
  },
  'no-role': {
    title: 'The container holds no role',
    meet: () => Promise.resolve({ AWS_EC2_METADATA_DISABLED: 'true' }),
  },
} as const satisfies Readonly<Record<string, Answer>>;

export type AnswerName = keyof typeof ANSWERS;

export interface SdkTexts {
  readonly name: string;
  readonly version: string;
  readonly texts: Readonly<Record<AnswerName, string>>;
}

export const TEXTS_FILE = join(import.meta.dirname, 'sdk-texts.json');

export function readTexts(): readonly SdkTexts[] {
  return JSON.parse(readFileSync(TEXTS_FILE, 'utf8')) as SdkTexts[];
}

/** What an SDK prints at each answer, without what differs from one run to the next. */
export async function textsOf(sdk: Sdk, met: Readonly<Record<AnswerName, Variables>>): Promise<SdkTexts['texts']> {
  const names = Object.keys(ANSWERS) as AnswerName[];
  const texts = await Promise.all(
    names.map(async (name) => [name, steady(await askedBy(sdk, met[name]))] as const),
  );
  return Object.fromEntries(texts) as Record<AnswerName, string>;
}

export async function meetAll(world: World): Promise<Readonly<Record<AnswerName, Variables>>> {
  const entries = Object.entries(ANSWERS).map(async ([name, { meet }]) => [name, await meet(world)] as const);
  return Object.fromEntries(await Promise.all(entries)) as Record<AnswerName, Variables>;
}

/** Of a body only the beginning: it is the code that tells, and an SDK cuts it where it likes. */
const BODY = /"(?:code|message|Code|Message)":"(?!(?:[A-Z][A-Za-z]+)")[^"]*(?:\\"[^"]*)*"?/g;

/** Ports, addresses, numbers of tries and folders differ. */
export function steady(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:28173')
    .replaceAll(/port=\d+/g, 'port=28173')
    .replaceAll(/0x[0-9a-f]{6,}/g, '0x…')
    .replaceAll(/\/tmp\/[^/\s]+/g, '')
    .trim();
}
void BODY;
