/**
 * docs/operations.md on a node: "Check it", "Change a setting" and "Uninstall", by its commands. Which order leaves what behind in
 * the apiserver alone: test/operations/leaving.test.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { ANNOTATIONS, SIDECAR, VERSION } from '@rolechain/shared';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { until } from '@rolechain/kit/until.ts';
import { locateBinaries } from '../../cluster/binaries.ts';
import { openApi, type Api } from '../../guard/api.ts';
import { outcomeOf, pod } from '../../guard/pods.ts';
import { commandsOf } from '../../fixture/page.ts';
import { openShell, type Shell } from '../../operations/shell.ts';
import { watchPods } from '../../operations/watched-pods.ts';
import { discover } from '../../packages/resources.ts';
import { callerOf, ORDERS, type NodeFixture } from './fixture.ts';
import { SHOP, statusOf } from './kube.ts';
import { killSidecar } from './lifecycle.ts';
import { deploymentOf, podOf } from './workloads.ts';

const BLOCKS = commandsOf('docs/operations.md');
const below = (heading: string): string[] =>
  BLOCKS.filter((block) => block.heading === heading).flatMap(({ lines }) => lines);
const [, SAMPLE = ''] = below('Check it');
/** Without Pod Security, for pods as `kubectl run` writes them. */
const LAX = 'lax';
const inShop = `--namespace=${SHOP}`;
/** There before rolechain leaves, and until the end. */
const STAYS = 'stays';
/** A Deployment whose pod is deleted meanwhile. */
const COMES = 'comes';
/** Sessions so short that it has to refresh them. */
const SESSION_SECONDS = 20;
const WATCHED = { orders: pod(SHOP, 'orders'), plain: pod(SHOP, 'default') };

export function leaving(get: () => NodeFixture): void {
  let shell: Shell;
  let api: Api;
  beforeAll(async () => {
    const { kube, app, aws, kubeconfig, keepLog } = get();
    await keepLog();
    const found = locateBinaries();
    shell = openShell({ kubectl: ('reason' in found ? undefined : found.kubectl) ?? 'kubectl' }, kubeconfig);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(kubeconfig);
    api = await openApi(kubeConfig);
    aws.sts.setSessionSeconds(SESSION_SECONDS);
    await kube.apply(podOf(app, STAYS, { shareProcessNamespace: true }), deploymentOf(app, COMES), ...lax());
    await kube.kubectl('wait', '--for=condition=Ready', inShop, `pod/${STAYS}`, '--timeout=120s');
  });
  afterAll(async () => {
    const { kube, aws } = get();
    aws.sts.setSessionSeconds(undefined);
    await kube.tryKubectl('delete', 'namespace', LAX, '--ignore-not-found');
    api.close();
    shell.close();
  });

  const typeAll = async (commands: readonly string[], env?: Readonly<Record<string, string>>): Promise<string> => {
    let output = '';
    for (const command of commands) output += await shell.type(command, env);
    return output;
  };
  const check = async (): Promise<string> => shell.type(SAMPLE.replace(`-n ${SHOP}`, `-n ${LAX}`));

  test('checked by its commands: rolled out, and it injects', async () => {
    const [rollOut = '', , ...why] = below('Check it');
    expect(await shell.type(rollOut)).toBe('deployment "rolechain-webhook" successfully rolled out\n');
    await until('the apiserver calls the webhook', 60_000, async () => (await check()) === SIDECAR.name);
    expect(await typeAll(why)).toContain('deployment.apps/rolechain-webhook');
  });

  test('a setting that is refused leaves the old pod at work, and its correction is rolled out', async () => {
    const [edit = '', restart = '', rolledOut = '', log = ''] = below('Change a setting');
    const { kube } = get();
    const TMPDIR = mkdtempSync(join(tmpdir(), 'rolechain-edit-'));
    const KUBE_EDITOR = `sed -i 's/^    region: /    regoin: /'`;
    await expect(shell.type(edit, { KUBE_EDITOR, TMPDIR })).rejects.toThrow('no valid changes were saved');
    rmSync(TMPDIR, { recursive: true });
    // As the manifests of another version, whose settings this one does not check.
    const ours = ['configmap/rolechain-webhook', `--namespace=${NAMESPACE}`];
    await kube.kubectl('label', ...ours, '--overwrite', 'app.kubernetes.io/version=0.0.0');
    const path = 'jsonpath={.data.settings\\.yaml}';
    const settings = await kube.kubectl('get', ...ours, `--output=${path}`);
    const data = { 'settings.yaml': settings.replace(/^region: /m, 'regoin: ') };
    await kube.kubectl('patch', ...ours, '--type=merge', `--patch=${JSON.stringify({ data })}`);
    await shell.type(restart);
    await until('the log says so', 60_000, async () => (await shell.type(log)).includes('regoin'));
    await until('the pod says so', 60_000, async () =>
      /Message: .*regoin.*SettingsInvalid/.test(await kube.kubectl('describe', 'pods', `--namespace=${NAMESPACE}`)),
    );
    expect(await check()).toBe(SIDECAR.name);
    const back = `s/^    regoin: /    region: /; s/version: 0.0.0/version: ${VERSION}/`;
    await shell.type(edit, { KUBE_EDITOR: `sed -i '${back}'` });
    expect(await typeAll([restart, rolledOut])).toContain('successfully rolled out');
  });

  test('the namespace first: the guard refuses those that ask for a role, alone, and the commands lead out', async () => {
    const { kube } = get();
    const stop = watchPods(api, WATCHED);
    const began = Date.now();
    await shell.type(`kubectl delete namespace ${NAMESPACE} --timeout=1m`);
    const gone = Date.now() - began;
    await kube.kubectl('delete', 'pod', inShop, `--selector=app=${COMES}`, '--wait=false');
    const [events = '', restart = ''] = below('In another order');
    await until('a controller is refused', 60_000, async () => (await shell.type(events)).includes(COMES));
    expect((await outcomeOf(api, WATCHED.orders)).message).toContain('[NotInjected]');
    await typeAll(below('In this order'));
    await until('the guard is gone', 60_000, async () => (await outcomeOf(api, WATCHED.orders)).outcome === 'plain');
    await shell.type(restart.replace('deployment/orders', `deployment/${COMES}`));
    await kube.kubectl('rollout', 'status', `deployment/${COMES}`, inShop, '--timeout=1m');
    const seen = await stop();
    console.log(`the namespace was gone after ${gone} ms, all was well ${Date.now() - began} ms after its deletion`);
    expect(seen.plain).toEqual(['plain']);
    expect(seen.orders.slice(-2)).toEqual(['refused by the guard', 'plain']);
  });

  test('the right order: no pod is refused, those that run keep their role, and nothing is left', async () => {
    const { kube, app, aws, reinstall } = get();
    await reinstall();
    await until('it injects again', 60_000, async () => (await check()) === SIDECAR.name);
    await waitLonger(api);
    const injected = await typeAll(below('What depends on it'));
    expect(injected.split('\n')).toContain(`${SHOP}/${STAYS}`);
    const all = async (): Promise<string[]> =>
      [...(await (await discover(api)).all())].filter((name) => name.includes('rolechain'));
    expect((await all()).length).toBeGreaterThan(10);
    const stop = watchPods(api, WATCHED);
    const output = await typeAll(below('In this order'));
    expect(await stop()).toEqual({ orders: ['injected', 'plain'], plain: ['plain'] });
    expect(output).toMatch(/No resources found\n$/);

    const sessions = (): number =>
      aws.sts.requests.filter(({ parameters, answer }) => {
        return parameters.RoleSessionName === `${SHOP}.${STAYS}` && answer === 'ok';
      }).length;
    const before = sessions();
    await until('its session is refreshed', 60_000, () => sessions() > before);
    // Not one call of its program failed, through all that is above.
    const said = await kube.log(STAYS, 'app');
    expect([...new Set(said)]).toEqual([callerOf(ORDERS, STAYS)]);
    await killSidecar(kube, STAYS);
    const once = ['/nodejs/bin/node', '/app/app.cjs', 'once'];
    expect(await kube.exec(STAYS, 'app', ...once)).toBe(callerOf(ORDERS, STAYS));

    const without = podOf(app, 'without', { containers: { app: ['once'] }, restartPolicy: 'Never' });
    expect(await kube.tryCreate(without)).toMatchObject({ code: 0 });
    await kube.kubectl('wait', '--for=jsonpath={.status.phase}=Failed', 'pod/without', inShop, '--timeout=1m');
    expect(statusOf(await kube.pod('without'), SIDECAR.name)).toBeUndefined();
    expect(await all()).toEqual([]);
  });
}

/** For an answer of the webhook: here nobody is to be refused, however busy the machine is. */
async function waitLonger(api: Api): Promise<void> {
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/rolechain';
  const { webhooks } = JSON.parse((await api.get(path)).body) as { webhooks: object[] };
  const { status } = await api.patch(path, { webhooks: webhooks.map((one) => ({ ...one, timeoutSeconds: 30 })) });
  expect(status).toBe(200);
}

function lax(): KubeObject[] {
  const annotations = { [ANNOTATIONS.assumeRole.key]: ORDERS };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LAX } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'orders', namespace: LAX, annotations } },
  ];
}
