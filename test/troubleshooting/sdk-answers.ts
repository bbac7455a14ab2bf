/**
 * What a container may meet in place of credentials, and what each SDK prints then: asked of the sidecar as it is shipped. The
 * texts stand in sdk-texts.json (observe-sdks.ts), from which the page shows them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS, type ErrorCode } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { Sdk } from '../sdks/programs.ts';
import { targetOf, type PodChange, type PodOfWay, type World } from './happen/pod-world.ts';
import { askedBy, variablesOf } from './happen/sdk-programs.ts';
import { hop } from '../sidecar/bench.ts';

type Variables = Readonly<Record<string, string>>;

interface Answer {
  /** As the page names it. */
  readonly title: string;
  /** The environment of the container. */
  readonly meet: (world: World) => Promise<Variables>;
}

/** The environment of a pod whose `default` ends so: of what stands in a Secret, since no network comes between then. */
const failing = (way: string, code: ErrorCode, config?: string) => ({
  title: `${TITLES[ERRORS[code].status] ?? ''} (${ERRORS[code].status})`,
  meet: async (world: World): Promise<Variables> => {
    const pod = await world.start(way, {
      role: { source: { type: 'environment' } },
      files: (files) => {
        if (config !== undefined) files.writeSecret('config', config);
      },
    });
    await eventually(code, async () => (await pod.sidecar.ask()).data.Code === code);
    return variablesOf(pod);
  },
});

const TITLES: Readonly<Record<number, string>> = {
  400: 'Something that you wrote is wrong',
  403: 'AWS, or an admin, refuses',
  503: 'There are no credentials yet, or it may pass',
};

/** The environment of a pod whose sidecar listens. */
const listening = async (world: World, way: string, change: PodChange = {}): Promise<PodOfWay> => {
  const pod = await world.start(way, change);
  await eventually('it listens', async () => (await pod.sidecar.ask()).status > 0);
  return pod;
};

export const ANSWERS = {
  forbidden: failing(
    'forbidden',
    'EnvironmentForbidden',
    '[default]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = y\n',
  ),
  invalid: failing('invalid', 'EnvironmentInvalid', '[default]\nregion = eu-central-1\n'),
  'not-yet': failing('not-yet', 'EnvironmentEmpty'),
  'no-token': {
    title: 'The request has no token (401)',
    meet: async (world) => {
      const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: _file, ...rest } = variablesOf(
        await listening(world, 'no-token'),
      );
      return rest;
    },
  },
  'other-role': {
    title: "The token is another role's (403)",
    meet: async (world) => {
      const pod = await listening(world, 'other-role', { others: { audit: { hops: [hop(targetOf('audit'))] } } });
      return variablesOf(pod, 'default', 'audit');
    },
  },
  'no-sidecar': {
    title: 'No sidecar listens',
    meet: async (world) => ({
      ...variablesOf(await listening(world, 'no-sidecar')),
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${await freePort()}/v1/credentials/default`,
    }),
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
  const texts = await Promise.all(names.map(async (name) => [name, steady(await askedBy(sdk, met[name]))] as const));
  return Object.fromEntries(texts) as Record<AnswerName, string>;
}

export async function meetAll(world: World): Promise<Readonly<Record<AnswerName, Variables>>> {
  const entries = Object.entries(ANSWERS).map(async ([name, { meet }]) => [name, await meet(world)] as const);
  return Object.fromEntries(await Promise.all(entries)) as Record<AnswerName, Variables>;
}

/** Ports differ, and the code and what it says. */
export function steady(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:28173');
  const ends = Object.values(ERRORS).map((entry) => line.indexOf(entry.text));
  const end = Math.min(...ends.filter((at) => at > 0));
  if (!Number.isFinite(end)) return line.trim();
  const lead = line.slice(0, end);
  const code = Object.keys(ERRORS).find((one) => lead.includes(one)) ?? 'CODE';
  return `${lead.replace(code, 'CODE')}…`;
}
