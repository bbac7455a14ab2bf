/**
 * The order matrix: ours and models of the EKS webhook, Istio, linkerd and Vault, as real webhooks on a real
 * kube-apiserver, before and after each other, with re-invocation and without, one at a time and several at once.
 * Environment and mounts of every container are the same in all rows, and the sidecar starts before every container
 * that needs it. docs/webhook-order.md says what follows from it.
 */
import { ENV, MESH_CONTAINERS, SIDECAR } from '@rolechain/shared';
import { SETTINGS, account, call } from '@rolechain/webhook/testing';
import { columns } from '@rolechain/kit/columns.ts';
import { describeWithBinaries } from '../cluster/jest.ts';
import { callWebhooks, type ModelWebhook } from '../models/apiserver.ts';
import { EKS_ROLE } from '@rolechain/kit/models/eks-webhook.ts';
import { injectors } from '../models/injectors.ts';
import { allContainers, type DraftContainer, type DraftPod } from '@rolechain/kit/pod.ts';
import { serviceAccountPlugin } from '@rolechain/kit/models/shared.ts';
import { REGION } from '../fixture/aws.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { createPod, makeFixture, type Fixture } from '../fixture/fixture.ts';
import { PODS } from './pods.ts';
import { INJECTORS_DNS, TARGET, configurations, register, rowObjects } from './register.ts';
import { OUR_NAMES, configurationName, matrix, type Row } from './rows.ts';
import {
  asksForVault,
  environments,
  holders,
  isEksMount,
  proxyStartsFirst,
  seen,
  seenOfOthers,
  sidecarStartsFirst,
  type Seen,
} from '../models/seen.ts';
import { startInjectors, type InjectorServer } from './server.ts';

const ROWS = matrix(injectors(REGION));
/** A pod that no other webhook sees. */
const ALONE: Row = { namespace: 'row-000', scenario: 'none', beside: [], theirs: 'Never', ours: 'IfNeeded' };

interface Outcome {
  readonly row: Row;
  readonly submitted: DraftPod;
  readonly pod: DraftPod;
  readonly seen: Seen;
  readonly others: Seen;
  /** The other webhooks' configurations, as they were called. */
  readonly calls: readonly string[];
}

describeWithBinaries('every order of webhooks', (binaries) => {
  let fixture: Fixture | undefined;
  let server: InjectorServer | undefined;
  const outcomes: Outcome[] = [];
  let alone: Outcome[] = [];

  beforeAll(async () => {
    const known = configurations(ROWS);
    server = await startInjectors(INJECTORS_DNS, known);
    fixture = await makeFixture({ binaries, objects: rowObjects([ALONE, ...ROWS]), settings: { region: REGION } });
    const names = [...known.keys()].sort();
    await register(fixture.cluster.kubeConfig, server, names);
    await untilAllAreKnown(names.at(-1) ?? '');
    server.forget();
    alone = await Promise.all(PODS.map((pod) => admit(ALONE, pod)));
    // Some at a time: more would only wait for one another.
    for (let i = 0; i < ROWS.length; i += 4) {
      const some = ROWS.slice(i, i + 4).flatMap((row) => PODS.map((pod) => admit(row, pod)));
      outcomes.push(...(await Promise.all(some)));
    }
  });
  afterAll(async () => {
    await fixture?.stop();
    await server?.close();
  });

  /** The apiserver learns of configurations by a watch, in the order in which they were made. */
  const untilAllAreKnown = async (last: string): Promise<void> => {
    const row = ROWS.find(({ beside, theirs }) => beside.some((one) => configurationName(one, theirs) === last));
    await until('the apiserver knows every configuration', PATIENCE_MS, async () => {
      const { calls } = await admit(row ?? ALONE, PODS[0]!);
      return calls.includes(last);
    });
  };

  const admit = async (row: Row, submitted: DraftPod): Promise<Outcome> => {
    const { namespace } = row;
    const name = String(submitted.metadata.name);
    const object = { apiVersion: 'v1', kind: 'Pod', ...submitted, metadata: { ...submitted.metadata, namespace } };
    const created = await createPod(fixture!.cluster, object, true);
    const pod = JSON.parse(JSON.stringify(created)) as DraftPod;
    return {
      row,
      submitted,
      pod,
      seen: seen(pod, submitted),
      others: seenOfOthers(pod, submitted),
      calls: server!.calls(namespace, name),
    };
  };

  const of = (row: Row): Outcome[] => outcomes.filter((outcome) => outcome.row === row);
  /** Of the same scenario and pod, in its first row. */
  const reference = ({ row, submitted }: Outcome): Outcome =>
    outcomes.find((other) => other.row.scenario === row.scenario && other.submitted === submitted)!;
  /** The first row in which the other webhooks stand in the same order to one another. */
  const othersReference = ({ row, submitted }: Outcome): Outcome =>
    outcomes.find((other) => othersOrder(other.row) === othersOrder(row) && other.submitted === submitted)!;
  const aloneOf = ({ submitted }: Outcome): DraftPod => alone.find((other) => other.submitted === submitted)!.pod;

  test('the matrix: all rows equal', () => {
    const lines = ROWS.map((row) => {
      const all = of(row);
      const env = all.every(
        (one) =>
          same(one.seen.environment, reference(one).seen.environment) &&
          same(environments(holders(one.pod)), environments(holders(aloneOf(one)))),
      );
      const mounts = all.every((one) => same(one.seen.mounts, reference(one).seen.mounts));
      const others = all.every((one) => same(one.others, othersReference(one).others));
      return {
        row,
        env,
        mounts,
        others,
        first: all.every(({ pod }) => sidecarStartsFirst(pod) && proxyStartsFirst(pod)),
      };
    });
    process.stdout.write(`\n${columns([HEAD, ...lines.map(({ row, ...equal }) => cells(row, equal))])}\n\n`);
    const unequal = lines.filter(({ env, mounts, others, first }) => !env || !mounts || !others || !first);
    expect(unequal.map(({ row, ...equal }) => cells(row, equal).join(' '))).toEqual([]);
    expect(outcomes).toHaveLength(ROWS.length * PODS.length);
  });

  test('each container that should holds the role, and no other', () => {
    for (const { pod, submitted, row } of [...alone, ...outcomes]) {
      const expected = allContainers(submitted).filter(({ name }) => name !== 'legacy');
      expect([
        row.scenario,
        holders(pod)
          .map(({ name }) => name)
          .sort(),
      ]).toEqual([row.scenario, expected.map(({ name }) => name).sort()]);
      for (const container of holders(pod)) expectOurs(container, asksForVault(submitted));
    }
  });

  test('what the user wrote stands as it stood', () => {
    for (const { pod, submitted } of outcomes) {
      for (const { name, env = [], volumeMounts = [] } of allContainers(submitted)) {
        const after = allContainers(pod).find((container) => container.name === name);
        expect((after?.env ?? []).slice(0, env.length)).toEqual(env);
        expect(after?.volumeMounts).toEqual(expect.arrayContaining(volumeMounts));
      }
    }
  });

  test('the sidecar is the same, and called again it has no mount but ours', () => {
    const sidecarOf = (pod: DraftPod): DraftContainer =>
      pod.spec.initContainers!.find(({ name }) => name === SIDECAR.name)!;
    for (const outcome of outcomes) {
      const { volumeMounts, env: _theirs, ...rest } = sidecarOf(outcome.pod);
      const { volumeMounts: ours, env: _ours, ...same } = sidecarOf(aloneOf(outcome));
      expect(rest).toEqual(same);
      if (outcome.row.ours === 'IfNeeded') expect(volumeMounts).toEqual(ours);
    }
  });

  test('each of the others was called and did its work', () => {
    for (const { row, pod, calls } of outcomes) {
      const names = row.beside.map((one) => configurationName(one, row.theirs));
      expect(new Set(calls)).toEqual(new Set(names));
      const text = JSON.stringify(pod);
      for (const { injector } of row.beside) expect(text).toMatch(TRACES[injector.name.split('-')[0]!]!);
    }
  });

  test('the model of the apiserver comes to the same, call by call', () => {
    for (const { row, submitted, seen: real, others, calls } of outcomes) {
      const model = modelled(row, submitted);
      const byModel = seen(model.pod, submitted);
      expect([row, model.calls]).toEqual([row, calls]);
      expect(byModel.mounts).toEqual(real.mounts);
      expect([row, seenOfOthers(model.pod, submitted)]).toEqual([row, others]);
      // The sidecar's configuration names the endpoints of this fixture.
      expect({ ...byModel.environment, [SIDECAR.name]: 0 }).toEqual({ ...real.environment, [SIDECAR.name]: 0 });
    }
  });
});

/** What each webhook leaves behind in every pod. */
const TRACES: Readonly<Record<string, RegExp>> = {
  eks: /aws-iam-token|eks-pod-identity-token/,
  istio: /"name":"istio-proxy"/,
  linkerd: /"name":"linkerd-proxy"/,
  vault: /"name":"vault-agent"/,
};

function expectOurs({ env = [], volumeMounts = [] }: DraftContainer, vault: boolean): void {
  const names = env.map(({ name }) => name);
  // EKS' mount stays for Vault.
  const mounts = vault ? volumeMounts.filter((mount) => !isEksMount(mount)) : volumeMounts;
  expect(JSON.stringify([env, mounts])).not.toMatch(
    /AWS_ROLE_ARN|WEB_IDENTITY|aws-iam-token|eks-pod-identity-token|169\.254/,
  );
  expect(names.filter((name) => name === ENV.fullURI)).toHaveLength(1);
  expect(names).toContain(ENV.region);
  expect(volumeMounts.filter(({ name }) => name === SIDECAR.tokenVolume)).toMatchObject([{ readOnly: true }]);
}

/** What several other webhooks write into each other's containers depends on this, with rolechain or without. */
function othersOrder({ scenario, beside, theirs }: Row): string {
  if (beside.length < 2) return scenario;
  return [
    scenario,
    theirs,
    ...beside
      .map((one) => configurationName(one, theirs))
      .sort()
      .map((name) => name.slice(2)),
  ].join(' ');
}

/** The same row by the pure models. */
function modelled(row: Row, submitted: DraftPod): { pod: DraftPod; calls: string[] } {
  const calls: string[] = [];
  const settings = { ...SETTINGS, region: REGION, meshContainers: MESH_CONTAINERS };
  const who = account(TARGET, { 'eks.amazonaws.com/role-arn': EKS_ROLE });
  const ours: ModelWebhook<DraftPod> & { name: string } = {
    name: OUR_NAMES[row.ours],
    reinvocationPolicy: row.ours,
    mutate: (pod) => call(pod, who, settings).pod,
  };
  const theirs = row.beside.map((one) => {
    const name = configurationName(one, row.theirs);
    const mutate = (pod: DraftPod): DraftPod => {
      calls.push(name);
      return one.injector.mutate(pod);
    };
    return { name, reinvocationPolicy: row.theirs, mutate };
  });
  const sorted = [ours, ...theirs].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { pod: callWebhooks(submitted, sorted, serviceAccountPlugin), calls };
}

const HEAD = [
  'others and where their names sort',
  'theirs',
  'ours',
  'env equal',
  'mounts equal',
  "others' equal",
  'sidecar before',
];
type Equal = Readonly<Record<'env' | 'mounts' | 'others' | 'first', boolean>>;

function cells(row: Row, { env, mounts, others: theirs, first }: Equal): string[] {
  const others = row.beside.map(({ injector, side }) => `${injector.name} ${side}`).join(', ');
  return [others, row.theirs, row.ours, ...[env, mounts, theirs, first].map((yes) => (yes ? 'yes' : 'NO'))];
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
