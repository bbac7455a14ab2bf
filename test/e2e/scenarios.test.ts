/**
 * A row a feature of the contract, end to end: annotation → real apiserver and webhook → mutated pod → real
 * sidecar → AWS SDK for JavaScript → who it is, and what STS was asked. Every expectation is written by hand.
 */
import type { Binaries } from '../cluster/binaries.ts';
import { describeWithBinaries } from '../cluster/jest.ts';
import { mayAssume, trustRole } from '@rolechain/doubles/fixtures.ts';
import { startEgress, type Egress } from '../fixture/egress.ts';
import { parseManifests } from '@rolechain/kit/manifests.ts';
import { createPod, makeFixture, untilCalled, withSettings, type Fixture } from '../fixture/fixture.ts';
import { BY_REGION, DIRECT, DUALSTACK, EGRESS, FIPS, PATTERN, VPC, VPC_HOST } from './egress-scenarios.ts';
import { makeRunner, type Runner } from './run.ts';
import { refusedPod, refusalText, reviewPod, writeAccount, writeNamespace } from './refused.ts';
import { messageOf, type Refusal } from './refusals/refusal.ts';
import { REFUSALS } from './refusals/rows.ts';
import { CHAIN_ONLY, IRSA, OTHER_ROLE, USER } from './roles.ts';
import { objectsOf, podOfScenario, type Scenario } from './scenario.ts';
import { SCENARIOS, SECRETS } from './scenarios.ts';

const ALL = [...SCENARIOS, ...EGRESS, ...FIPS, ...DUALSTACK, ...BY_REGION, ...VPC, DIRECT];
const HOSTS = [...new Set(ALL.flatMap(({ hosts = [] }) => hosts))];
const byName = <Row extends { readonly name: string }>(rows: readonly Row[]): [string, Row][] =>
  rows.map((row) => [row.name, row]);

const byRole = (a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): number =>
  String(a.RoleArn) < String(b.RoleArn) ? -1 : 1;

const USUAL = {
  otherServiceAccounts: true,
  fluxAlias: true,
  cluster: 'prod',
  environmentSource: { namespaces: ['shop'] },
};

function tests(binaries: Binaries): void {
  let fixture: Fixture;
  let egress: Egress;
  let row: Runner;
  beforeAll(async () => {
    const aws = { secrets: SECRETS, bases: [OTHER_ROLE, USER], anyRegion: true };
    fixture = await makeFixture({ binaries, objects: parseManifests(objectsOf(ALL)), settings: USUAL, aws });
    egress = await startEgress(fixture.aws.sts.port, HOSTS);
    await untilCalled(fixture.cluster, podOfScenario(SCENARIOS[0]!));
    for (const { name, unassociated } of SCENARIOS) if (unassociated) fixture.aws.agent.dissociate('shop', name);
    fixture.aws.sts.setTrust(CHAIN_ONLY, trustRole(IRSA));
    const { accessKeyId, secretAccessKey } = fixture.aws.sts.issueUser(USER, mayAssume('*'));
    const environment = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    row = makeRunner(fixture, { ...SECRETS, 'rolechain-environment': environment });
  });
  afterAll(async () => {
    await fixture.stop();
    await egress.close();
  });

  /** The tests within have a webhook of other settings. */
  function installed(name: string, settings: () => Readonly<Record<string, unknown>>, within: () => void): void {
    describe(name, () => {
      beforeAll(async () => {
        row.hear(fixture.webhook.log());
        fixture = await withSettings(fixture, settings());
        await untilCalled(fixture.cluster, podOfScenario(SCENARIOS[0]!));
      });
      within();
    });
  }

  /** Who the row's containers are, what STS was asked, and where. */
  async function play(scenario: Scenario): Promise<void> {
    const { sts } = fixture.aws;
    const before = { calls: sts.requests.length, hosts: egress.hosts.length, tunnels: egress.tunnels.length };
    const { callers, regions, resources, leftAlone } = await row.play(scenario);
    expect(callers).toEqual(scenario.callers);
    expect(new Set(regions)).toEqual(new Set([scenario.region ?? 'eu-central-1']));
    if (scenario.resources) expect(resources).toEqual(scenario.resources);
    expect(leftAlone).toEqual((scenario.containers ?? []).filter((name) => !(name in scenario.callers)));

    const calls = sts.requests.slice(before.calls).filter(({ action }) => action !== 'GetCallerIdentity');
    const expected = scenario.sideBySide ? scenario.calls.toSorted(byRole) : scenario.calls;
    if (scenario.sideBySide) calls.sort((a, b) => byRole(a.parameters, b.parameters));
    const asked = calls.map(({ action, parameters, answer, callerArn }) => {
      return { action, answer, callerArn, ...parameters };
    });
    expect(asked).toEqual(
      expected.map(({ absent: _absent, ...call }) => expect.objectContaining({ answer: 'ok', ...call })),
    );
    for (const [index, { absent = [] }] of expected.entries()) {
      for (const name of absent) expect(Object.keys(calls[index]?.parameters ?? {})).not.toContain(name);
    }

    const { hosts = [] } = scenario;
    expect(egress.hosts.slice(before.hosts)).toEqual(hosts);
    expect(egress.tunnels.slice(before.tunnels)).toEqual(hosts.map((host) => `CONNECT ${host}:443`));
  }

  async function meet(refusal: Refusal): Promise<void> {
    if (refusal.onNamespace) {
      expect(await refusalText(writeNamespace(fixture, refusal))).toMatch(messageOf(refusal));
      return;
    }
    const pod = refusedPod(refusal);
    const atPod = refusal.raw
      ? await reviewPod(fixture, pod)
      : await refusalText(createPod(fixture.cluster, pod, true));
    if (refusal.atAccount) expect(atPod).toBe('accepted');
    else expect(atPod).toMatch(messageOf(refusal));
    // The account itself is refused when it is written, with the same words.
    const again = { ...refusal, name: `${refusal.name}-again` };
    const atAccount = await refusalText(writeAccount(fixture, again));
    if (refusal.atPod) expect(atAccount).toBe('accepted');
    else expect(atAccount).toMatch(messageOf(again));
  }

  test.each(byName(SCENARIOS))('%s', (_name, scenario) => play(scenario));

  const refusedWhere = (at: Refusal['installation']): [string, Refusal][] =>
    byName(REFUSALS.filter(({ installation }) => installation === at));
  test.each(refusedWhere(undefined))('refused: %s', (_name, refusal) => meet(refusal));

  test('a pod that asks to be left alone is, whatever the account says', async () => {
    const pod = refusedPod({ ...REFUSALS[0]!, pod: { 'rolechain.io/inject': 'false' } });
    const { spec, metadata } = await createPod(fixture.cluster, pod, true);
    expect([spec.initContainers, metadata.annotations]).toEqual([undefined, { 'rolechain.io/inject': 'false' }]);
  });

  test('an SDK too old for token files reads the token from the environment', async () => {
    const { pod } = SCENARIOS.find(({ name }) => name === 'token-in-the-environment')!;
    const created = await createPod(fixture.cluster, podOfScenario({ ...SCENARIOS[0]!, pod: pod! }), true);
    const env = created.spec.containers[0]?.env ?? [];
    expect(env.find(({ name }) => name === 'AWS_CONTAINER_AUTHORIZATION_TOKEN')?.value).toMatch(/^[\w-]{43}$/);
  });

  installed(
    'where the admin allows little',
    () => ({ allowedRolesPolicy: 'required' }),
    () => {
      test.each(refusedWhere('strict'))('refused: %s', (_name, refusal) => meet(refusal));
    },
  );

  installed(
    'where the admin narrows who may ask, and for what',
    () => ({
      allowedServiceAccounts: [{ namespace: 'shop', name: 'locked-*' }],
      credentialSources: ['pod-identity'],
      maxSessionDuration: '30m',
      forcedTags: { team: '{namespace}' },
    }),
    () => {
      test.each(refusedWhere('locked'))('refused: %s', (_name, refusal) => meet(refusal));
    },
  );

  installed(
    'where Namespaces have a default role',
    () => ({ namespaceDefaultRole: true }),
    () => {
      test.each(refusedWhere('defaults'))('refused: %s', (_name, refusal) => meet(refusal));
    },
  );

  // The agent and the apiserver are on loopback, and HTTP_PROXY is set too: neither is ever seen by the proxy.
  const outside = (): Readonly<Record<string, unknown>> => ({
    ...USUAL,
    stsEndpoint: undefined,
    sidecarEnvironment: egress.environment,
  });
  installed('through an egress proxy, under a private CA', outside, () => {
    test.each(byName(EGRESS))('%s', (_name, scenario) => play(scenario));
  });
  installed(
    'at FIPS endpoints',
    () => ({ ...outside(), useFIPSEndpoint: true }),
    () => {
      test.each(byName(FIPS))('%s', (_name, scenario) => play(scenario));
    },
  );
  installed(
    'at dual-stack endpoints',
    () => ({ ...outside(), useDualstackEndpoint: true }),
    () => {
      test.each(byName(DUALSTACK))('%s', (_name, scenario) => play(scenario));
    },
  );
  installed(
    'at an endpoint for each Region',
    () => ({ ...outside(), stsEndpoint: PATTERN }),
    () => {
      test.each(byName(BY_REGION))('%s', (_name, scenario) => play(scenario));
    },
  );
  const vpc = (): Readonly<Record<string, unknown>> => ({ ...outside(), stsEndpoint: `https://${VPC_HOST}` });
  installed('at the endpoint of a VPC', vpc, () => {
    test.each(byName(VPC))('%s', (_name, scenario) => play(scenario));
  });
  const excepted = (): Readonly<Record<string, unknown>> => {
    return { ...vpc(), sidecarEnvironment: { ...egress.environment, NO_PROXY: VPC_HOST } };
  };
  installed('where NO_PROXY names that endpoint', excepted, () => {
    test('it is asked directly: nobody else knows the name', async () => {
      const before = egress.tunnels.length;
      await row.fails(DIRECT, 'StsUnreachable');
      expect(egress.tunnels.slice(before)).toEqual([]);
    });
  });

  describe('without a webhook', () => {
    beforeAll(async () => {
      row.hear(fixture.webhook.log());
      await fixture.webhook.stop();
    });
    test.each(refusedWhere('down'))('refused: %s', (_name, refusal) => meet(refusal));
  });

  test('no secret in any log, status, metric or annotation of all rows', () => {
    const text = row.said();
    const hidden = [...fixture.aws.sts.secrets(), ...row.secrets()];
    expect([
      hidden.length > 20,
      text.includes('credentials fetched'),
      text.includes('rolechain_refreshes_total'),
      text.includes('injected pod'),
    ]).toEqual([true, true, true, true]);
    expect(hidden.filter((secret) => text.includes(secret))).toEqual([]);
  });
}

describeWithBinaries('scenarios', tests);
