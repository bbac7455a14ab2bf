/** What admission takes of an annotation, and what the sidecar's start takes of the configuration made from it. */
import {
  ENV,
  FOREIGN_KEYS,
  ANNOTATIONS,
  parseAssumeRole,
  parseSidecarConfig,
  PORTS,
  writeSidecarConfig,
  type Problem,
  type RoleSpec,
  type SidecarConfig,
} from '@rolechain/shared';
import { readInputs } from '@rolechain/sidecar';
import { accountProblems, decideServiceAccount, sidecarConfig, type ServiceAccount } from '@rolechain/webhook';
import { SETTINGS } from '@rolechain/webhook/testing';
import fc from 'fast-check';
import { random } from './random.ts';
import { fluxDocument, validDocument, type Fields } from './valid.ts';

const BASE = 'arn:aws:iam::111111111111:role/base';
const settings = { ...SETTINGS, otherServiceAccounts: true, fluxAlias: true };
const identity = { [FOREIGN_KEYS.eksRoleARN]: BASE };
const others = new Map(
  [
    ['shop', 'deployer'],
    ['ci', 'a.b'],
  ].map(([namespace = '', name = '']) => [`${namespace}/${name}`, { namespace, name, annotations: identity }]),
);
const around = { others, allowedRoles: undefined };
const ports = { credentials: PORTS.credentials, health: PORTS.health };

const accountOf = (document: unknown, key: string = ANNOTATIONS.assumeRole.key): ServiceAccount => ({
  namespace: 'shop',
  name: 'orders',
  annotations: { ...identity, [key]: JSON.stringify(document) },
});
/** What the webhook writes for an account that it accepts. */
function admitted(account: ServiceAccount): { readonly roles: readonly RoleSpec[]; readonly config: SidecarConfig } {
  const judged = decideServiceAccount(account, settings, around);
  if (judged?.outcome !== 'accepted') throw new Error(JSON.stringify(judged));
  return { roles: judged.roles, config: sidecarConfig(judged.roles, account, settings, others, ports) };
}

/** Documents whose configuration is not too large: that is refused, and tested, elsewhere. */
const valid = fc
  .nat()
  .map((seed) => validDocument(random(seed)))
  .filter((document) => JSON.stringify(document).length < 16_000);

describe('what admission accepts', () => {
  test('is read back as it was decided, by the process that it is for', () => {
    fc.assert(
      fc.property(valid, (document) => {
        const { roles, config } = admitted(accountOf(document));
        const read = readInputs({ [ENV.config]: writeSidecarConfig(config) });
        expect(read).toMatchObject({ inputs: { config } });
        const given: SidecarConfig['roles'] = 'inputs' in read ? read.inputs.config.roles : {};
        expect(Object.keys(given).toSorted()).toEqual(roles.map(({ name }) => name).toSorted());
        for (const role of roles) {
          const { via, sourceIdentity } = role;
          const hops = [...via, role].map((hop, index) => ({
            ...{ roleARN: hop.roleARN, sessionName: hop.sessionName, durationSeconds: hop.durationSeconds },
            ...{ externalID: hop.externalID, externalIDFrom: hop.externalIDFrom?.secretKeyRef },
            ...{ stsRegion: hop.stsRegion ?? role.stsRegion ?? role.region ?? settings.region, policy: hop.policy },
            tags: Object.keys(hop.tags).length > 0 ? hop.tags : undefined,
            transitiveTagKeys: hop.transitiveTagKeys.length > 0 ? hop.transitiveTagKeys : undefined,
            policyARNs: hop.policyARNs.length > 0 ? hop.policyARNs : undefined,
            sourceIdentity: index === 0 ? sourceIdentity : undefined,
          }));
          expect(given[role.name]).toEqual({ ...given[role.name], startup: role.startup ?? settings.startup, hops });
        }
      }),
      { numRuns: 300 },
    );
  });

  test("by Flux's grammar is accepted too, role ARNs that IAM does not know included", () => {
    const documents = fc.oneof(
      fc.nat().map((seed) => fluxDocument(random(seed))),
      fc.constantFrom('arn:aws:iam::1:role/x', 'arn:awsx:iam::22:role/a b', 'arn:aws:iam::1:role/ä').map((roleARN) => ({
        roleARN,
      })),
    );
    fc.assert(
      fc.property(documents, (document) => {
        const { config } = admitted(accountOf(document, FOREIGN_KEYS.fluxAssumeRole));
        expect(config.grammar).toBe('flux');
        expect(parseSidecarConfig(writeSidecarConfig(config))).toEqual({ ok: true, value: config, warnings: [] });
      }),
    );
    const { config } = admitted(accountOf({ roleARN: 'arn:aws:iam::1:role/x' }, FOREIGN_KEYS.fluxAssumeRole));
    expect(brief(startProblems({ ...config, grammar: undefined }))).toEqual([
      'FieldOutOfRange roles.default.hops.0.roleARN',
    ]);
  });
});

/** Values that a field doesn't take, or not beside every other field; some are in order now and then. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  roleARN: ['x', 5, null, 'arn:aws:iam::1:role/x', 'arn:aws-cn:iam::222222222222:role/x', undefined],
  externalID: ['a', 'ab', 'a b', 7, 'x'.repeat(1225), null],
  externalIDFrom: [{ name: 'a', key: 'b' }, { name: 'A', key: 'b' }, { name: 'a' }, { name: 'a', key: 'b', x: 1 }],
  sessionName: ['', 'a b', '{nope}', '{', 'x'.repeat(513), 5],
  duration: [899, 3600, 3601, 43_200, 43_201, 900.5, null, true],
  stsRegion: ['moon', '', 5, 'eu-west-3', 'cn-north-1', 'us-gov-west-1'],
  tags: [
    { a: 'x'.repeat(257) },
    { '': 'x' },
    { a: 5 },
    ['a'],
    'a',
    { a: '', A: '' },
    { 'EKS-cluster-name': 'x' },
    Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, ''])),
  ],
  transitiveTagKeys: [['none'], [''], 'a', [5], Array.from({ length: 51 }, (_, i) => `t${i}`)],
  policy: ['x', '[]', 5, `{"a":"${'x'.repeat(2050)}"}`, '{"a":"ж"}', `{"a":"${'x'.repeat(2035)}"}`],
  policyARNs: [['x'], 'x', Array.from({ length: 11 }, () => 'arn:aws:iam::aws:policy/ReadOnlyAccess'), [5]],
  sourceIdentity: ['a', 'ab', 'a b', 5, 'x'.repeat(65)],
  startup: ['never', 5, null],
  webIdentity: ['Only', 5, 'prefer', 'only'],
};
const OF_ROLES = ['sourceIdentity', 'startup', 'webIdentity'];
const change = fc.constantFrom(
  ...Object.entries(WRONG).flatMap(([field, values]) => values.map((value) => [field, value] as const)),
);

const brief = (problems: readonly Problem[]): string[] =>
  [
    ...new Set(problems.map(({ code, path }) => (code === 'FieldUnknown' ? code + path : `${code} ${path}`))),
  ].toSorted();
const fixes = (problems: readonly Problem[]): string[] => [...new Set(problems.map(({ fix }) => fix))].toSorted();

function startProblems(config: unknown): readonly Problem[] {
  const read = parseSidecarConfig(JSON.stringify(config));
  return read.ok ? [] : read.problems;
}

function admissionProblems(document: unknown): readonly Problem[] {
  const parsed = parseAssumeRole(JSON.stringify(document));
  if (!parsed.ok) return parsed.problems;
  return parsed.value.flatMap((role) => accountProblems(role, accountOf(document), settings, others));
}

/** Where a field of the annotation stands in the configuration. `last` is the number of hops before the target. */
function placeInConfig(path: string, role: string, last: number): string {
  const own = path.replace(/^roles\.[^.]+\./, '').replace('externalIDFrom.secretKeyRef', 'externalIDFrom');
  const [, index = String(last), field = own] = /^via\.(\d+)\.(.*)$/.exec(own) ?? [];
  const at = `roles.${role}.`;
  if (field === 'startup') return `${at}startup`;
  if (field === 'webIdentity') return `${at}webIdentity.mode`;
  if (field === 'via') return `${at}hops`;
  if (field === 'sourceIdentity') return `${at}hops.0.sourceIdentity`;
  return `${at}hops.${index}.${field.replace('duration', 'durationSeconds')}`;
}

/** The document with the value in place of a field of a hop; the hop at `via.length` is the target. */
function inDocument(document: Fields, role: string, index: number, [field, value]: readonly [string, unknown]): Fields {
  const copy = structuredClone(document);
  const its = role === 'default' ? copy : (copy.roles as Record<string, Fields>)[role]!;
  const hop = OF_ROLES.includes(field) ? its : ((its.via as Fields[] | undefined)?.[index] ?? its);
  hop[field] = field === 'externalIDFrom' ? { secretKeyRef: value } : value;
  return copy;
}

/** The same in the configuration. */
function inConfig(config: SidecarConfig, role: string, index: number, [field, value]: readonly [string, unknown]) {
  const copy = structuredClone(config) as unknown as { roles: Record<string, Fields & { hops: Fields[] }> };
  const its = copy.roles[role]!;
  if (field === 'startup') its.startup = value;
  else if (field === 'webIdentity') {
    its.webIdentity = { mode: value, token: { type: 'projected' } };
    if (value === 'only') delete its.source;
  } else {
    const hop = its.hops[field === 'sourceIdentity' ? 0 : index]!;
    hop[field === 'duration' ? 'durationSeconds' : field] = value;
  }
  return copy;
}

/** The same with its Regions written out at each hop: one that is inherited has no place of its own in the document. */
const placed = valid.map((document) => {
  const own = ({ region: _none, ...hop }: Fields): Fields => ({
    stsRegion: 'eu-central-1',
    ...hop,
    ...(Array.isArray(hop.via) ? { via: (hop.via as Fields[]).map(own) } : {}),
  });
  const { roles, ...top } = document;
  const further = Object.entries((roles ?? {}) as Record<string, Fields>).map(
    ([name, role]) => [name, own(role)] as const,
  );
  return { ...('roleARN' in top ? own(top) : {}), roles: Object.fromEntries(further) };
});

test('with one field changed, both refuse it with the same code at the same place and with the same fix, or neither', () => {
  let refused = 0;
  let accepted = 0;
  fc.assert(
    fc.property(placed, change, fc.nat(), fc.nat(), (document, changed, anyRole, anyHop) => {
      const { roles, config } = admitted(accountOf(document));
      const role = roles[anyRole % roles.length]!;
      const last = role.via.length;
      const index = anyHop % (last + 1);
      const admission = admissionProblems(inDocument(document, role.name, index, changed)).map((problem) => ({
        ...problem,
        path: placeInConfig(problem.path, role.name, last),
      }));
      const start = startProblems(inConfig(config, role.name, index, changed));
      expect(brief(start)).toEqual(brief(admission));
      expect(fixes(start)).toEqual(fixes(admission));
      if (start.length > 0) refused++;
      else accepted++;
    }),
    { numRuns: 1500 },
  );
  // It reaches both sides.
  expect(refused).toBeGreaterThan(500);
  expect(accepted).toBeGreaterThan(50);
});

/** What admission knows of the account and the settings, and the configuration that it would have written. */
test.each<[string, string, (role: Fields & { hops: Fields[] }, config: Fields) => unknown]>([
  ['no cluster that {cluster} could stand for', 'FieldConflict', (_role, config) => delete config.cluster],
  ['a base role that is no ARN', 'FieldOutOfRange', ({ source }) => Object.assign(source as Fields, { roleARN: 'x' })],
  [
    'a base role of another partition',
    'FieldConflict',
    ({ source }) => Object.assign(source as Fields, { roleARN: BASE.replace('aws', 'aws-cn') }),
  ],
  [
    'a default Region of another partition',
    'FieldConflict',
    ({ source, hops }) => [source as Fields, ...hops].map((one) => (one.stsRegion = 'cn-north-1')),
  ],
])('%s is refused by both', (_name, code, damage) => {
  const document = { roleARN: 'arn:aws:iam::222222222222:role/orders', sessionName: '{cluster}' };
  const copy = structuredClone(admitted(accountOf(document)).config) as unknown as Fields;
  const role = (copy.roles as Record<string, Fields & { hops: Fields[] }>).default as Fields & { hops: Fields[] };
  expect(startProblems(copy)).toEqual([]);
  damage(role, copy);
  const base = (role.source as Fields).roleARN as string;
  const account = accountOf(document);
  const judged = decideServiceAccount(
    { ...account, annotations: { ...account.annotations, [FOREIGN_KEYS.eksRoleARN]: base } },
    { ...settings, cluster: copy.cluster as string | undefined, region: role.hops[0]?.stsRegion as string },
    around,
  );
  expect(judged).toMatchObject({ outcome: 'refused', message: expect.stringContaining(`(${code})`) });
  expect(new Set(startProblems(copy).map((problem) => problem.code))).toEqual(new Set([code]));
});

test('a Region of the settings that is none of AWS, and an audience that is empty, are refused at admission already', () => {
  const account = accountOf({ roleARN: BASE, serviceAccount: { name: 'deployer' } });
  const judge = (changed: object, audience?: string) => {
    const annotations = { ...identity, ...(audience === undefined ? {} : { [FOREIGN_KEYS.eksAudience]: audience }) };
    const all = new Map([...others, ['shop/deployer', { namespace: 'shop', name: 'deployer', annotations }]]);
    return decideServiceAccount(account, { ...settings, ...changed }, { ...around, others: all });
  };
  expect(judge({})).toMatchObject({ outcome: 'accepted' });
  expect(judge({ region: 'nbg1' })).toMatchObject({
    message: expect.stringContaining('Region nbg1 is not an AWS Region'),
  });
  expect(judge({}, '')).toMatchObject({
    message: expect.stringContaining('eks.amazonaws.com/audience of shop/deployer'),
  });
  expect(judge({ agentEndpoints: [] })).toMatchObject({ message: expect.stringContaining('agentEndpoints') });
});
