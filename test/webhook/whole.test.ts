/**
 * The sidecar of a pod is ours, whole: another webhook, called after ours, writes into each field of it, and ours is
 * called again. On a real kube-apiserver with the plugin AlwaysPullImages, which sets a field of it and refuses the pod
 * in which that has become another.
 */
import { AdmissionregistrationV1Api } from '@kubernetes/client-node';
import jsonPatch from 'fast-json-patch';
import { EKS, SIDECAR } from '@rolechain/shared';
import { API_TYPES, SIDECAR_FIELDS, parseSettings, patch, type SetField } from '@rolechain/webhook';
import { TARGET, account, call, randomSource } from '@rolechain/webhook/testing';
import { readApiTypes, type ApiTypes } from '../api-types/read.ts';
import { sample } from '@rolechain/webhook/testing/sample.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { makeDryRuns, type DryRuns } from '../corpora/dry-run.ts';
import type { Injector } from '../models/injectors.ts';
import { allContainers, type DraftContainer, type DraftPod } from '@rolechain/kit/pod.ts';
import { REGION } from '../fixture/aws.ts';
import { startInjectors, type InjectorServer } from '../orders/server.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { until } from '@rolechain/kit/until.ts';

const SHOP = 'shop';
/** Fields that the other webhook shall write, by commas. */
const WRITES = 'whole.test/writes';
const FIELDS = (Object.keys(SIDECAR_FIELDS) as (keyof typeof SIDECAR_FIELDS)[]).filter(
  (field): field is SetField => SIDECAR_FIELDS[field] === 'set',
);

const sidecarOf = (pod: DraftPod): DraftContainer | undefined =>
  allContainers(pod).find(({ name }) => name === SIDECAR.name);

/** Without its configuration the sidecar would not be taken for ours. */
function filled(sidecar: DraftContainer, field: SetField): unknown {
  const value = sample(API_TYPES.Container[field]);
  return field === 'env' ? [...(sidecar.env ?? []), ...(value as unknown[])] : value;
}

const writer: Injector = {
  name: 'writer',
  mutate: (pod) => {
    const next = structuredClone(pod);
    const asked = next.metadata.annotations?.[WRITES];
    const sidecar = sidecarOf(next);
    if (asked === undefined || !sidecar) return next;
    // Something else, so that ours is called again in any case.
    next.metadata.labels = { ...next.metadata.labels, written: 'yes' };
    const fields = asked.split(',').filter(Boolean) as SetField[];
    Object.assign(sidecar, Object.fromEntries(fields.map((field) => [field, filled(sidecar, field)])));
    return next;
  },
  patch: (pod) => jsonPatch.compare(pod, writer.mutate(pod)),
};

describeWithCluster(
  'another webhook writes into the sidecar',
  (cluster) => {
    let server: InjectorServer;
    let webhook: WebhookProcess;
    let dryRuns: DryRuns;
    let running: ApiTypes;
    beforeAll(async () => {
      const { kubeConfig } = cluster();
      running = await readApiTypes(cluster());
      server = await startInjectors('injectors.others.svc', new Map([['z-writer', writer]]));
      const port = await freePort();
      await applyAll(kubeConfig, [
        ...['others', SHOP].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
        {
          ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
          metadata: { namespace: SHOP, name: 'orders', annotations: account(TARGET).annotations },
        },
        {
          ...{ apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'others', name: 'injectors' } },
          spec: { type: 'ExternalName', externalName: 'localhost' },
        },
        ...(await installManifests()),
      ]);
      await leadServiceTo(kubeConfig, port);
      await register();
      const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
      webhook = await startWebhook({ port, kubeconfig });
      dryRuns = makeDryRuns(cluster());
      await until('the apiserver calls both webhooks', 30_000, async () => {
        const { pod } = await admitted('');
        return sidecarOf(pod) !== undefined && pod.metadata.labels?.written === 'yes';
      });
    });
    afterAll(async () => {
      dryRuns.close();
      await webhook.stop();
      await server.close();
    });

    async function register(): Promise<void> {
      const service = { namespace: 'others', name: 'injectors', port: server.port, path: '/z-writer' };
      const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
      const hook = {
        name: 'writer.example.com',
        clientConfig: { service, caBundle: Buffer.from(server.authority).toString('base64') },
        rules: [rule],
        ...{ admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail', timeoutSeconds: 10 },
      };
      const api = cluster().kubeConfig.makeApiClient(AdmissionregistrationV1Api);
      await api.createMutatingWebhookConfiguration({ body: { metadata: { name: 'z-writer' }, webhooks: [hook] } });
    }

    /** The pod of which the other webhook wrote these fields, and what was said. Rejects when it is refused. */
    async function admitted(writes: string | undefined): Promise<{ pod: DraftPod; told: string[] }> {
      const annotations = writes === undefined ? {} : { [WRITES]: writes };
      const answer = await dryRuns.create({
        ...{ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: SHOP, name: 'orders', annotations } },
        spec: { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'registry.example/app:1' }] },
      });
      if (!answer.accepted) throw new Error(answer.message);
      const told = answer.warnings.filter((text) => text.startsWith(`the container ${SIDECAR.name} `));
      return { pod: JSON.parse(JSON.stringify(answer.pod)) as DraftPod, told };
    }

    /** All but the lifetime of the tokens, which is another for each pod. */
    const ours = ({ spec }: DraftPod): unknown =>
      JSON.parse(
        JSON.stringify([
          spec.initContainers,
          spec.containers.map(({ env }) => env),
          spec.volumes?.filter(({ name }) => name.startsWith(SIDECAR.name)),
        ]).replace(/"expirationSeconds":\d+/g, '"expirationSeconds":0'),
      );

    test('unless it does, a call of ours after it changes nothing, and nothing is said', async () => {
      const [alone, beside] = [await admitted(undefined), await admitted('')];
      expect(ours(beside.pod)).toEqual(ours(alone.pod));
      expect([alone.told, beside.told]).toEqual([[], []]);
      const settings = parseSettings(`{sidecarImage: "${String(sidecarOf(beside.pod)?.image)}"}`);
      if (!settings.ok) throw new Error('the settings');
      const { decision } = call(beside.pod, account(TARGET), { ...settings.value, eks: EKS, region: REGION });
      expect(decision.outcome).toBe('injected');
      expect(patch(beside.pod, decision, randomSource())).toEqual([]);
    });

    test('AlwaysPullImages has the last word on imagePullPolicy', async () => {
      expect(sidecarOf((await admitted('livenessProbe')).pod)?.imagePullPolicy).toBe('Always');
    });

    test.each(FIELDS)('%s is set back, and a warning says so', async (field) => {
      const { pod, told } = await admitted(field);
      expect(pod.metadata.labels).toEqual({ written: 'yes' });
      expect(ours(pod)).toEqual(ours((await admitted(undefined)).pod));
      // What a release doesn't know its apiserver takes away itself.
      const isKnown = field in (running.Container ?? {});
      expect(told).toEqual(isKnown ? [expect.stringMatching(new RegExp(`set back: ${field}( \\(.+\\))?$`, 's'))] : []);
    });

    test('all fields at once', async () => {
      const { pod, told } = await admitted(FIELDS.join());
      expect(ours(pod)).toEqual(ours((await admitted(undefined)).pod));
      expect(told).toHaveLength(1);
    });
  },
  { apiserverArgs: ['--enable-admission-plugins=AlwaysPullImages'] },
);
