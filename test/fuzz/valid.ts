/** Valid annotation documents as data: every field, roles and hops, at ordinary values and at the limits. */
import type { Random } from './random.ts';

export type Fields = Record<string, unknown>;

const ARNS = [
  'arn:aws:iam::222222222222:role/orders',
  'arn:aws:iam::333333333333:role/team/hub',
  `arn:aws:iam::444444444444:role/${'n'.repeat(64)}`,
] as const;

/** Text at a limit now and then; most are short, for a million of them take their time. */
const long = (random: Random, limit: number): string => 'x'.repeat(random.once(10) ? limit : 3);

const HOP_FIELDS: Readonly<Record<string, (random: Random) => unknown>> = {
  externalID: (random) => random.pick(['ab', '0123', 'aZ09_+=,.@:/-', long(random, 1224)]),
  sessionName: (random) => random.pick(['{namespace}.{pod}', '{cluster}', 'a@b', long(random, 512)]),
  duration: ({ pick }) => pick<unknown>([900, '1h', '45m', 3600, '900']),
  stsRegion: ({ pick }) => pick(['eu-central-1', 'us-east-1']),
  tags: (random) =>
    random.pick<unknown>([
      {},
      { team: 'shop', 'cost center': '' },
      { [long(random, 128)]: long(random, 256) },
      { ключ: '𠮷' },
      Object.fromEntries(Array.from({ length: random.once(8) ? 50 : 2 }, (_, i) => [`t${i}`, String(i)])),
    ]),
  policy: (random) => random.pick<unknown>([{ Version: '2012-10-17', Statement: [] }, '{}', { a: long(random, 1000) }]),
  policyARNs: ({ pick }) => pick<unknown>([[], ['arn:aws:iam::aws:policy/ReadOnlyAccess']]),
};

const ROLE_FIELDS: Readonly<Record<string, (random: Random) => unknown>> = {
  ...HOP_FIELDS,
  region: ({ pick }) => pick(['eu-west-1', 'ap-southeast-4']),
  sourceIdentity: ({ pick }) => pick(['me', 'x'.repeat(64)]),
  credentialSource: ({ pick }) => pick(['auto', 'irsa']),
  serviceAccount: ({ pick }) => pick<unknown>([{ name: 'deployer' }, { name: 'a.b', namespace: 'ci' }]),
  webIdentity: () => 'never',
  startup: ({ pick }) => pick(['proceed', 'require']),
};

function fields(random: Random, table: typeof HOP_FIELDS): Fields {
  const chosen = Object.entries(table).filter(() => random.once(6));
  return { roleARN: random.pick(ARNS), ...Object.fromEntries(chosen.map(([name, make]) => [name, make(random)])) };
}

function list<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random.below(most + 1) }, make);
}

function role(random: Random): Fields {
  const via = random.once(4) ? { via: list(random, random.once(4) ? 5 : 1, () => fields(random, HOP_FIELDS)) } : {};
  const secret = { secretKeyRef: { name: 'aws', key: 'external-id' } };
  const all = fields(random, ROLE_FIELDS);
  return { ...all, ...via, ...('externalID' in all || !random.once(6) ? {} : { externalIDFrom: secret }) };
}

/** A document that the grammar accepts. */
export function validDocument(random: Random): Fields {
  const names = list(random, random.once(300) ? 31 : random.below(3), () => `r${random.below(1000)}`);
  const roles = names.length === 0 ? {} : { roles: Object.fromEntries(names.map((name) => [name, role(random)])) };
  return random.once(5) && names.length > 0 ? roles : { ...role(random), ...roles };
}

/** A document in Flux's form. */
export function fluxDocument(random: Random): Fields {
  const name = random.pick(['roleARN', 'rolearn', 'ROLEARN']);
  return { [name]: random.pick(ARNS), ...(random.once(2) ? { useServiceAccount: random.once(2) } : {}) };
}
