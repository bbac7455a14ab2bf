/**
 * A row a feature of the contract, end to end: annotation → real apiserver and webhook → mutated pod → real
 * sidecar → AWS SDK for JavaScript → who it is, and what STS was asked. Every expectation is written by hand.
 */
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import type { Binaries } from '../cluster/binaries.ts';
import { describeWithBinaries } from '../cluster/jest.ts';
import { mayAssume, trustRole } from '../doubles/fixtures.ts';
import { ROOT } from '../stage/install.ts';
import { containerOf, type Pod } from '../kubelet/pod.ts';
import { parseManifests, type KubeObject } from '../stage/manifests.ts';
import { projections, startPod, untilStarted } from '../stage/pod.ts';
import { createPod, refusalOf, setStage, untilCalled, type Stage } from '../stage/stage.ts';
import { REFUSALS } from './refusals.ts';
import {
  CHAIN_ONLY,
  IRSA,
  OTHER_ROLE,
  SCENARIOS,
  SECRETS,
  USER,
  annotatedAccounts,
  podOfScenario,
  type Scenario,
} from './scenarios.ts';

const program = join(ROOT, 'demo/src/program.mjs');

function tests(binaries: Binaries): void {
  let stage: Stage;
  let secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = SECRETS;
  beforeAll(async () => {
    const environmentSource = { namespaces: ['shop'] };
    const settings = { otherServiceAccounts: true, cluster: 'prod', environmentSource };
    const aws = { secrets: SECRETS, bases: [OTHER_ROLE, USER], anyRegion: true };
    stage = await setStage({ binaries, objects: parseManifests(annotatedAccounts()), settings, aws });
    await untilCalled(stage.cluster, podOfScenario(SCENARIOS[0]!));
    for (const { name, unassociated } of SCENARIOS) if (unassociated) stage.aws.agent.dissociate('shop', name);
    stage.aws.sts.setTrust(CHAIN_ONLY, trustRole(IRSA));
    const { accessKeyId, secretAccessKey } = stage.aws.sts.issueUser(USER, mayAssume('*'));
    secrets = {
      ...SECRETS,
      'rolechain-environment': { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    };
  }, 180_000);
  afterAll(() => stage.stop());

  /** Everything that was logged, served and written into pods by all rows. */
  const said: string[] = [];

  /** Who each container of the scenario's pod is. */
  async function play(scenario: Scenario): Promise<Record<string, string>> {
    const created = await createPod(stage.cluster, podOfScenario(scenario));
    const filled = { ...projections(stage.cluster.kubeConfig, created), secrets, apiURL: stage.cluster.url };
    const running = await startPod(created, filled);
    try {
      // As long as `auto` asks the agent alone, and a little.
      await untilStarted(running, 30_000);
      const seen: Record<string, string> = {};
      for (const container of Object.keys(scenario.callers)) {
        const ran = await running.run(container, [process.execPath, program, stage.aws.sts.url]);
        const { code } = await ran.exited;
        if (code !== 0) throw new Error(`${ran.stderr()}\n${running.sidecar.stdout()}`);
        seen[container] = ran
          .stdout()
          .trim()
          .replace(created.metadata?.name ?? '', 'POD');
      }
      const { health } = portsOf(created);
      const served = ['/status', '/metrics'].map((path) =>
        fetch(`http://127.0.0.1:${health}${path}`).then((a) => a.text()),
      );
      said.push(JSON.stringify(created), ...(await Promise.all(served)));
      return seen;
    } finally {
      said.push(running.sidecar.stdout(), running.sidecar.stderr());
      await running.stop();
    }
  }

  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_name, scenario) => {
      const before = stage.aws.sts.requests.length;
      expect(await play(scenario)).toEqual(scenario.callers);
      const calls = stage.aws.sts.requests.slice(before).filter(({ action }) => action !== 'GetCallerIdentity');
      const asked = calls.map(({ action, parameters, answer, callerArn }) => ({
        action,
        answer,
        callerArn,
        ...parameters,
      }));
      expect(asked).toEqual(
        scenario.calls.map(({ absent: _absent, ...call }) => expect.objectContaining({ answer: 'ok', ...call })),
      );
      for (const [index, { absent = [] }] of scenario.calls.entries()) {
        for (const name of absent) expect(Object.keys(calls[index]?.parameters ?? {})).not.toContain(name);
      }
    },
    60_000,
  );

  test.each(REFUSALS.map((refusal) => [refusal.name, refusal] as const))('refused: %s', async (_name, refusal) => {
    const { pod = {}, spec } = refusal;
    const row = podOfScenario({ name: refusal.name, annotation: '', pod, callers: {}, calls: [] });
    const object = spec
      ? { ...row, metadata: { ...row.metadata, annotations: pod }, spec: { serviceAccountName: refusal.name, ...spec } }
      : row;
    const atPod = await refusalText(createPod(stage.cluster, object, true));
    expect(atPod).toMatch(refusal.message);
    // The account itself is refused when it is written, with the same words.
    const atAccount = await refusalText(writeAccount(stage, `${refusal.name}-again`, refusal.annotation));
    if (refusal.atPod) expect(atAccount).toBe('accepted');
    else expect(problemsIn(atAccount)).toBe(problemsIn(atPod));
  });

  test('a namespace that allows some roles: target and every hop must match', async () => {
    const pod = (name: string): KubeObject => {
      const row = podOfScenario({ name, annotation: '', callers: {}, calls: [] });
      return { ...row, metadata: { ...row.metadata, namespace: 'tenant' } };
    };
    expect(await refusalText(createPod(stage.cluster, pod('inside'), true))).toBe('accepted');
    expect(await refusalText(createPod(stage.cluster, pod('outside'), true))).toMatch(
      /arn:aws:iam::444444444444:role\/hub.*\[RoleNotAllowed\]/,
    );
  });

  test('no secret in any log, status, metric or annotation of all rows', () => {
    const text = said.join('\n') + stage.webhook.log();
    const own = Object.values(secrets).flatMap((data) => Object.values(data));
    // The key id of static keys is a name, as AWS's own logs have it.
    const hidden = [...stage.aws.sts.secrets(), ...own.filter((value) => !value.startsWith('AKIA'))];
    expect([
      hidden.length > 20,
      text.includes('credentials fetched'),
      text.includes('rolechain_refreshes_total'),
    ]).toEqual([true, true, true]);
    expect(hidden.filter((secret) => text.includes(secret))).toEqual([]);
  });

  test('an SDK too old for token files reads the token from the environment', async () => {
    const created = await createPod(
      stage.cluster,
      podOfScenario(SCENARIOS.find(({ name }) => name === 'token-in-the-environment')!),
      true,
    );
    const env = created.spec?.containers?.[0]?.env ?? [];
    expect(env.find(({ name }) => name === 'AWS_CONTAINER_AUTHORIZATION_TOKEN')?.value).toMatch(/^[\w-]{43}$/);
  });
}

/** Ports that the mutated pod's sidecar listens on. */
function portsOf(pod: Pod): { readonly health: number } {
  const config = containerOf(pod, 'rolechain').env?.find(({ name }) => name === 'ROLECHAIN_CONFIG')?.value ?? '{}';
  return (JSON.parse(config) as { ports: { health: number } }).ports;
}

/** What an accepted or refused call says. */
async function refusalText(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    return refusalOf(error) ?? String(error);
  }
}

function writeAccount({ cluster }: Stage, name: string, annotation: string): Promise<unknown> {
  const metadata = { name, annotations: { 'rolechain.io/assume-role': annotation } };
  return cluster.kubeConfig
    .makeApiClient(CoreV1Api)
    .createNamespacedServiceAccount({ namespace: 'shop', body: { metadata }, dryRun: 'All' });
}

/** The part of a refusal that says what is wrong, without whose account it is and which webhook speaks. */
function problemsIn(text: string): string {
  return /is invalid: (.*)\[AnnotationInvalid\]/s.exec(text)?.[1] ?? text;
}

describeWithBinaries('scenarios', tests);
