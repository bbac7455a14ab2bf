/** rolechain installed in the cluster, the doubles of AWS beside it, and the namespace of its users. */
import type { JsonWebKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trustRole } from '@rolechain/doubles/fixtures.ts';
import { startAws, type Aws } from '../../fixture/aws.ts';
import { until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { accountsOf } from '../../fixture/fixture.ts';
import { LOGS } from '../places.ts';
import type { Given } from './given.ts';
import { install, NAME } from './install.ts';
import { kubeOf, SHOP, type Kube } from './kube.ts';
import { webhookState } from './webhook-state.ts';
import { podOf, type App } from './workloads.ts';

export interface NodeFixture {
  readonly kube: Kube;
  readonly aws: Aws;
  readonly app: App;
  readonly kubeconfig: string;
  /** Installs rolechain again, once it is gone. */
  readonly reinstall: () => Promise<void>;
  /** Writes what the webhook has logged into LOGS, where it is still there. */
  readonly keepLog: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const ORDERS = 'arn:aws:iam::222222222222:role/orders';
/** Trusts nobody that is here, until `mend`. */
export const REFUSING = 'arn:aws:iam::222222222222:role/refusing';

/** ARN of a session in that role, by the pod's name. */
export function callerOf(roleARN: string, pod: string): string {
  const name = roleARN.split('/').at(-1) ?? '';
  return `arn:aws:sts::222222222222:assumed-role/${name}/${SHOP}.${pod}`;
}

export async function makeNodeFixture(given: Given): Promise<NodeFixture> {
  const kube = kubeOf(given.kubeconfig);
  const raw = async (path: string): Promise<unknown> => JSON.parse(await kube.kubectl('get', `--raw=${path}`));
  const { issuer } = (await raw('/.well-known/openid-configuration')) as { issuer: string };
  const { keys } = (await raw('/openid/v1/jwks')) as { keys: JsonWebKey[] };
  const objects = shop();
  const aws = await startAws({ accounts: accountsOf(objects), issuer, keys, address: given.address });
  aws.sts.setTrust(REFUSING, trustRole('arn:aws:iam::999999999999:role/somebody-else'));
  const app = { image: given.appImage, sts: aws.sts.url };
  let uninstall = async (): Promise<void> => undefined;
  const keepLog = async (): Promise<void> => {
    mkdirSync(LOGS, { recursive: true });
    if (await isInstalled(kube)) writeFileSync(join(LOGS, 'webhook.log'), await webhookState(kube.tryKubectl));
  };
  const reinstall = async (): Promise<void> => {
    await uninstall();
    uninstall = await install(kube, given, aws);
  };
  const stop = async (): Promise<void> => {
    await keepLog();
    await kube.tryKubectl('delete', 'namespace', SHOP, '--ignore-not-found');
    await uninstall();
    await aws.close();
  };
  try {
    uninstall = await install(kube, given, aws);
    await kube.apply(...objects);
    await untilInjected(kube, app);
    return { kube, aws, app, kubeconfig: given.kubeconfig, reinstall, keepLog, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isInstalled({ tryKubectl }: Kube): Promise<boolean> {
  return (await tryKubectl('get', 'deployment', NAME, `--namespace=${NAMESPACE}`)).code === 0;
}

/** The namespace and its accounts. */
function shop(): KubeObject[] {
  const account = (name: string, annotations: Readonly<Record<string, string>>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: SHOP, annotations },
  });
  const irsa = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/irsa' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: SHOP, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    account('orders', { 'rolechain.io/assume-role': ORDERS }),
    account('irsa', { 'rolechain.io/assume-role': `{roleARN: "${ORDERS}", credentialSource: irsa}`, ...irsa }),
    account('irsa-required', {
      'rolechain.io/assume-role': `{roleARN: "${ORDERS}", credentialSource: irsa, startup: require}`,
      ...irsa,
    }),
    account('refused', { 'rolechain.io/assume-role': REFUSING }),
    account('required', { 'rolechain.io/assume-role': `{roleARN: "${REFUSING}", startup: require}` }),
  ];
}

/** The apiserver learns of the webhook's certificate by a watch, some moments after the webhook is ready. */
async function untilInjected(kube: Kube, app: App): Promise<void> {
  await until('the apiserver calls the webhook', 60_000, async () => {
    // Refused until then; there already where the question after it failed.
    await kube.tryCreate(podOf(app, 'first'));
    const { metadata } = await kube.pod('first');
    if (metadata?.annotations?.['rolechain.io/status'] !== undefined) return true;
    await kube.kubectl('delete', 'pod', 'first', `--namespace=${SHOP}`, '--now');
    return false;
  });
}
