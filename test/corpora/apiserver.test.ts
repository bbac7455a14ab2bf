/**
 * Every pod of the corpora on a real apiserver, by server-side dry runs: what was accepted before rolechain was
 * there is accepted after, at the pod's own level of Pod Security and under limits and quotas. Prints the table.
 */
import { AdmissionregistrationV1Api } from '@kubernetes/client-node';
import { SETTINGS, account } from '@rolechain/webhook/testing';
import { describeWithCluster } from '../cluster/jest.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { changes } from '@rolechain/kit/unmanaged/changes.ts';
import { makeDryRuns, type DryRuns } from './dry-run.ts';
import { judge } from './judge.ts';
import { cellsAfter, cellsBefore, limitSpaces, startQuotas, verdict, wanted, type Cell } from './limits-survey.ts';
import { distinctPods, eksPods, everyFieldPods, forApiserver, psaFixtures } from '@rolechain/kit/corpora/load.ts';
import { ANNOTATED, ANY_LEVEL, PLAIN, levelSpaces, space, spaceOf } from './spaces.ts';
import {
  acceptedBefore,
  copies,
  count,
  foreign,
  impossible,
  judgeAll,
  notRestored,
  outcomeOf,
  reasonOf,
  rejected,
  wronglyRefused,
  type Accepted,
  type Case,
  type Judged,
} from './survey.ts';
import { formatTable, type Row } from './table.ts';

const fixtures = psaFixtures();
const CORPORA = {
  'Pod Security fixtures, own level': fixtures.map((one): Case => ({ ...one, namespace: spaceOf(one) })),
  'the distinct ones, no level': distinctPods(fixtures).map((one): Case => ({ ...one, namespace: ANY_LEVEL })),
  'EKS webhook fixtures': eksPods().map((one): Case => ({ ...one, namespace: ANY_LEVEL })),
};
/** What an oracle found, each a line. */
interface Wrong {
  readonly refused: readonly string[];
  readonly foreign: readonly string[];
  readonly lost: readonly string[];
}
const wrongIn = (judged: readonly Judged[]): Wrong => {
  return { refused: wronglyRefused(judged), foreign: foreign(judged), lost: notRestored(judged) };
};
type Corpus = keyof typeof CORPORA;
const NAMES = Object.keys(CORPORA) as Corpus[];
const DISTINCT: Corpus = 'the distinct ones, no level';

describeWithCluster('every pod of the corpora on a real apiserver', (cluster) => {
  const before = {} as Record<Corpus, Accepted[]>;
  const after = {} as Record<Corpus, Judged[]>;
  const again = {} as Record<Corpus, Judged[]>;
  const wrong = {} as Record<Corpus, Wrong>;
  let unasked: Judged[] = [];
  let warned: Judged[] = [];
  let limits: Cell[] = [];
  let runs: DryRuns | undefined;
  let webhook: WebhookProcess | undefined;

  beforeAll(async () => {
    const { kubeConfig } = cluster();
    await applyAll(kubeConfig, [...levelSpaces(fixtures), ...space(ANY_LEVEL), ...limitSpaces()]);
    await startQuotas(kubeConfig);
    const dryRuns = (runs = makeDryRuns(cluster()));
    for (const name of NAMES) before[name] = await acceptedBefore(dryRuns, CORPORA[name]);
    const possible = before[DISTINCT].filter((one) => impossible(one) === undefined);
    const limitsBefore = await cellsBefore(dryRuns, possible);

    const port = await freePort();
    await applyAll(kubeConfig, await installManifests());
    await leadServiceTo(kubeConfig, port);
    await failClosed();
    webhook = await start(dryRuns, port, 'refuse');
    for (const name of NAMES) {
      after[name] = await judgeAll(dryRuns, before[name]);
      again[name] = await judgeAll(dryRuns, copies(after[name]));
      wrong[name] = wrongIn(after[name]);
    }
    unasked = await judgeAll(dryRuns, before[DISTINCT], PLAIN);
    limits = await cellsAfter(dryRuns, limitsBefore);

    await webhook.stop();
    webhook = await start(dryRuns, port, 'warn');
    const refused = NAMES.flatMap((name) => after[name].filter((one) => reasonOf(one.after) !== undefined));
    warned = await judgeAll(dryRuns, refused);
  });

  afterAll(async () => {
    runs?.close();
    await webhook?.stop();
  });

  /** A call that fails must be seen as such, and a machine under load must not make one fail. */
  async function failClosed(): Promise<void> {
    const api = cluster().kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    const configuration = await api.readMutatingWebhookConfiguration({ name: 'rolechain' });
    for (const hook of configuration.webhooks ?? []) Object.assign(hook, { failurePolicy: 'Fail', timeoutSeconds: 30 });
    await api.replaceMutatingWebhookConfiguration({ name: 'rolechain', body: configuration });
  }

  async function start(dryRuns: DryRuns, port: number, conflicts: 'refuse' | 'warn'): Promise<WebhookProcess> {
    const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
    const started = await startWebhook({ port, kubeconfig, settings: { conflicts } });
    const spec = { containers: [{ name: 'a', image: 'a' }] };
    const probe = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec } as const;
    await until('the apiserver calls the webhook', PATIENCE_MS, async () => {
      const answer = await dryRuns.create(forApiserver(probe, ANY_LEVEL, ANNOTATED));
      return answer.accepted && answer.pod.spec?.initContainers?.[0]?.name === 'rolechain';
    });
    return started;
  }

  test('before: the fixtures that pass their level; without a level, all that are valid', () => {
    const passed = new Set(before['Pod Security fixtures, own level'].map(({ source }) => source));
    const unlike = fixtures.filter(({ source, expect: expected }) => passed.has(source) !== (expected === 'pass'));
    expect(unlike.map(({ source }) => source)).toEqual([]);
    expect(NAMES.map((name) => before[name].length)).toEqual([433 + 618, 363 - 4, 24 - 3]);
  });

  test.each(NAMES)('%s: accepted before is accepted after, unless the pod asks for the impossible', (name) => {
    expect(wrong[name].refused).toEqual([]);
  });

  test('outcomes and reason codes', () => {
    expect(NAMES.map((name) => count(after[name].map(outcomeOf)))).toEqual([
      { Injected: 1042, 'refused Windows': 9 },
      { Injected: 343, 'refused HostNetwork': 5, 'refused Windows': 11 },
      { Injected: 17, 'refused OwnWebIdentity': 2, 'refused Windows': 2 },
    ]);
  });

  test('all that were refused are accepted under conflicts: warn', () => {
    expect(rejected(warned)).toEqual([]);
    // Of the two with AWS_ROLE_ARN, one has a second container.
    expect(count(warned.map(outcomeOf))).toEqual({
      Injected: 1,
      'skipped HostNetwork': 5,
      'skipped NoContainerSelected': 1,
      'skipped Windows': 22,
    });
  });

  test.each(NAMES)('%s: nothing is changed but what the contract names, and uninject gives it back', (name) => {
    expect([wrong[name].foreign, wrong[name].lost]).toEqual([[], []]);
  });

  test('a pod whose account asks for no role comes out as without rolechain', () => {
    expect(rejected(unasked)).toEqual([]);
    expect(foreign(unasked, changes)).toEqual([]);
  });

  test.each(NAMES)('%s: the copy of a pod that came out is accepted, and comes out the same', (name) => {
    expect(again[name]).toHaveLength(after[name].length - rejected(after[name]).length);
    expect(rejected(again[name])).toEqual([]);
    expect(foreign(again[name], changes)).toEqual([]);
  });

  describe('limits and quotas', () => {
    test('accepted wherever the sidecar fits, and refused by the apiserver alone where it does not', () => {
      expect(limits.map(verdict)).toEqual(limits.map(wanted));
    });

    test.each(['ofPod', 'ofNamespace'] as const)('all are accepted with annotations that make it fit: %s', (where) => {
      const messages = limits.flatMap((cell) =>
        rejected(cell[where]).map(({ after: answer }) => [cell.policy.name, cell.shape, answer]),
      );
      expect(messages).toEqual([]);
    });

    test('Guaranteed pods stay Guaranteed', () => {
      const all = limits.flatMap(({ judged, ofPod, ofNamespace }) => [...judged, ...ofPod, ...ofNamespace]);
      const were = all.filter((one) => one.before.status?.qosClass === 'Guaranteed' && one.after.accepted);
      const are = were.filter((one) => one.after.accepted && one.after.pod.status?.qosClass === 'Guaranteed');
      expect(were.length).toBeGreaterThan(100);
      expect(are).toHaveLength(were.length);
    });
  });

  test('the table', () => {
    const rows = [...NAMES.map(corpusRow), limitsRow(), everyFieldRow()];
    const outcomes = count(NAMES.flatMap((name) => after[name].map(outcomeOf)));
    process.stdout.write(`\n${formatTable(rows, outcomes)}\n\n`);
    for (const row of rows) {
      expect(row).toMatchObject({ foreign: 0, lost: 0 });
      expect([row.again ?? 0, row.wronglyRefused ?? 0]).toEqual([0, 0]);
      const refused = row.impossible + (row.tooTight ?? 0);
      expect(row.acceptedAfter).toBe(row.acceptedBefore === undefined ? undefined : row.acceptedBefore - refused);
    }
  });

  function rowOf(corpus: string, pods: number, judged: readonly Judged[], found: Wrong): Row {
    return {
      ...{ corpus, pods, acceptedBefore: judged.length, acceptedAfter: judged.length - rejected(judged).length },
      impossible: judged.filter((one) => reasonOf(one.after) !== undefined).length,
      ...{ wronglyRefused: found.refused.length, foreign: found.foreign.length, lost: found.lost.length },
    };
  }

  function corpusRow(name: Corpus): Row {
    const changed = foreign(again[name], changes).length + rejected(again[name]).length;
    return { ...rowOf(name, CORPORA[name].length, after[name], wrong[name]), again: changed };
  }

  function limitsRow(): Row {
    const tooTight = limits.filter(({ policy, shape }) => policy.expected[shape] instanceof RegExp);
    const judged = limits.flatMap((cell) => cell.judged);
    const fitting = limits.filter((cell) => !tooTight.includes(cell)).flatMap((cell) => cell.judged);
    const pods = limits.reduce((sum, cell) => sum + cell.pods, 0);
    const row = rowOf('limits and quotas', pods, judged, wrongIn(judged));
    return {
      ...row,
      tooTight: tooTight.flatMap((cell) => rejected(cell.judged)).length,
      wronglyRefused: wronglyRefused(fitting).length,
    };
  }

  /** No apiserver takes these. */
  function everyFieldRow(): Row {
    const judged = everyFieldPods().map(({ pod }) => judge(pod, account(), SETTINGS));
    const sum = (of: 'foreign' | 'again' | 'lost'): number => judged.reduce((all, one) => all + one[of].length, 0);
    const impossibles = judged.filter(({ decision }) => decision.outcome === 'refused').length;
    return {
      ...{ corpus: 'every field, patch only', pods: judged.length, impossible: impossibles },
      ...{ foreign: sum('foreign'), again: sum('again'), lost: sum('lost') },
    };
  }
});
