/** `rolechain status` on a real apiserver: each state that a pod can be in, the text as people read it, and what lacks where a right does. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import {
  CoreV1Api,
  NetworkingV1Api,
  RbacAuthorizationV1Api,
  type V1Pod,
  type V1ServiceAccount,
} from '@kubernetes/client-node';
import { ANNOTATIONS, CodedError, ENV, PORTS_HINT, check, errorEntry, type SidecarStatus } from '@rolechain/shared';
import { account as accountOf, call } from '@rolechain/webhook/testing/fixtures.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { REPORT, type StatusReport } from '../../cli/src/report-schemas/status.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { account, namespace, ROLE } from '../guard/installed.ts';
import { NOW, runCommand, type Said } from './call.ts';
import { expectGolden } from './golden.ts';

/** The apiserver proxies to no loopback address (apimachinery, proxyutil.IsProxyableIP). */
const address = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
const reachable = address ?? {
  reason: 'This machine has no address but loopback, to which the apiserver never proxies.',
};

const ERROR = { code: 'StsAccessDenied', message: 'STS refused \u001b[31mthe call.', fix: 'Allow sts:AssumeRole.' };
const hops = [ROLE];
const source = 'pod-identity';
const valid = { state: 'valid', source, hops, secondsLeft: 2700 } as const;
const failing = { state: 'failing', source, hops, error: ERROR } as const;

const STATUSES: Readonly<Record<string, SidecarStatus['roles']>> = {
  'is-valid': { default: valid },
  'is-stale': { default: { ...valid, error: { ...ERROR, code: 'StsThrottled' } } },
  'is-lost': { default: valid, audit: failing },
  'is-waiting': { default: { state: 'fetching', source, hops } },
  'was-changed': { default: valid },
  'was-injected-before': { default: valid },
};

/** An application of the pod has the port of the credentials endpoint. */
const TAKEN = JSON.stringify({
  ...{ version: 1, clock: {}, roles: { default: valid } },
  ports: {
    credentials: {
      port: 28173,
      error: {
        ...{ code: 'ListenFailed', fix: errorEntry('ListenFailed').fix },
        message: new CodedError('ListenFailed', '127.0.0.1 port 28173: EADDRINUSE.').message,
      },
    },
    ...{ health: { port: 28174 }, hint: PORTS_HINT },
  },
} satisfies SidecarStatus);

/** Of an object that is made without any field the apiserver notes no managers, then or later (skipNonAppliedManager). */
const labelled = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, labels: { team: 'shop' } },
});

describeWhen<string>(
  'status',
  reachable,
  (host) => {
    describeWithCluster('on a real apiserver', (cluster) => {
      const servers: Server[] = [];
      const core = (): CoreV1Api => cluster().kubeConfig.makeApiClient(CoreV1Api);
      let ports: Map<string, number>;

      /** A sidecar's health port, which is all that is looked at. */
      const serve = async (roles: SidecarStatus['roles'] | string): Promise<number> => {
        const body = typeof roles === 'string' ? roles : JSON.stringify({ version: 1, clock: {}, roles });
        const server = createServer((_request, response) => response.end(body)).listen(0, host);
        await once(server, 'listening');
        servers.push(server);
        return (server.address() as { port: number }).port;
      };
      /** As the webhook makes it, with the port that this machine has free. */
      const injected = (name: string, port: number, change: (config: object) => object = (config) => config): V1Pod => {
        const plain = {
          metadata: { name, namespace: 'shop' },
          spec: { serviceAccountName: 'orders', containers: [app] },
        };
        const { pod } = call(plain as never, accountOf(ROLE)) as unknown as { pod: V1Pod };
        const variable = pod.spec?.initContainers?.[0]?.env?.find((each) => each.name === ENV.config);
        const config = JSON.parse(variable?.value ?? '') as { ports: object };
        const moved = { ...config, ports: { ...config.ports, health: port } };
        if (variable) variable.value = JSON.stringify(change(moved)).replaceAll('$', String.raw`\u0024`);
        return pod;
      };
      const app = { name: 'app', image: 'registry.example/app:1' };
      const create = async (pod: V1Pod, status?: object): Promise<void> => {
        const of = pod.metadata?.namespace ?? 'shop';
        await core().createNamespacedPod({ namespace: of, body: pod });
        if (!status) return;
        const name = pod.metadata?.name ?? '';
        const body = [{ op: 'add', path: '/status', value: status }];
        await core().patchNamespacedPodStatus({ namespace: of, name, body });
      };
      const running = { phase: 'Running', podIP: host, podIPs: [{ ip: host }] };
      const plain = (name: string, serviceAccountName: string, annotations = {}, of = 'shop'): V1Pod => ({
        metadata: { name, namespace: of, annotations },
        spec: { serviceAccountName, containers: [app] },
      });

      beforeAll(async () => {
        const { kubeConfig } = cluster();
        await applyAll(kubeConfig, [
          namespace('shop'),
          namespace('empty'),
          account('shop', 'orders', ROLE),
          account('shop', 'plain'),
          labelled(account('shop', 'latecomer')),
          account('shop', 'bare'),
          account('shop', 'nobody'),
          account('shop', 'lister'),
          account('kube-system', 'orders', ROLE),
          account('empty', 'default'),
        ]);
        ports = new Map();
        for (const [name, roles] of Object.entries(STATUSES)) ports.set(name, await serve(roles));
        const port = (name: string): number => ports.get(name) ?? 0;
        ports.set('is-taken', await serve(TAKEN));
        for (const name of ['is-valid', 'is-stale', 'is-lost', 'is-waiting', 'is-taken']) {
          await create(injected(name, port(name)), running);
        }
        const changed = injected('was-changed', port('was-changed'));
        const status = changed.metadata?.annotations?.[ANNOTATIONS.status.key] ?? '';
        changed.metadata!.annotations![ANNOTATIONS.status.key] = status.replace(
          /"annotation":"[^"]*"/,
          '"annotation":"0"',
        );
        await create(changed, running);
        // Of a version whose configuration this one can't read, and whose annotation has less.
        const before = injected('was-injected-before', port('was-injected-before'), ({ ...config }) => ({
          ...config,
          version: 999,
          unheardOf: true,
        }));
        before.metadata!.annotations![ANNOTATIONS.status.key] = JSON.stringify({ version: '0.0.9' });
        await create(before, running);
        await create(injected('is-starting', 1), {
          phase: 'Pending',
          initContainerStatuses: [
            {
              ...{ name: 'rolechain', image: '', imageID: '', ready: false, restartCount: 0 },
              state: { waiting: { reason: 'ImagePullBackOff' } },
            },
          ],
        });
        await create(injected('is-closed', await freePort()), running);
        await create(injected('is-foreign', await serve('<html>')), running);
        await create(injected('has-ended', 1), { phase: 'Succeeded' });
        await create(plain('has-slipped', 'orders'));
        await create(plain('was-skipped', 'orders', { [ANNOTATIONS.skipped.key]: 'HostNetwork' }));
        await create(plain('asks-not', 'orders', { [ANNOTATIONS.inject.key]: 'false' }));
        await create(plain('is-unrelated', 'plain'));
        await create(plain('is-outside', 'orders', {}, 'kube-system'));
        await create(plain('came-before', 'latecomer'));
        await create(plain('nothing-tells', 'bare'));
        const asking = [{ op: 'add', path: '/metadata/annotations', value: { [ANNOTATIONS.assumeRole.key]: ROLE } }];
        await core().patchNamespacedServiceAccount({ namespace: 'shop', name: 'bare', body: asking });
        // The API tells whole seconds: taken away and written again until one has passed.
        const { metadata } = await core().readNamespacedPod({ namespace: 'shop', name: 'came-before' });
        const annotate = (annotations: object): Promise<V1ServiceAccount> => {
          const body = [{ op: 'add', path: '/metadata/annotations', value: annotations }];
          return core().patchNamespacedServiceAccount({ namespace: 'shop', name: 'latecomer', body });
        };
        await until('the annotation is younger than the pod', PATIENCE_MS, async () => {
          await annotate({});
          const written = await annotate({ [ANNOTATIONS.assumeRole.key]: ROLE });
          const times = written.metadata?.managedFields?.map(({ time }) => time?.getTime() ?? 0) ?? [];
          return Math.max(...times) > (metadata?.creationTimestamp?.getTime() ?? 0);
        });
        await kubeConfig.makeApiClient(NetworkingV1Api).createNamespacedNetworkPolicy({
          namespace: 'shop',
          body: { metadata: { name: 'default-deny' }, spec: { podSelector: {}, policyTypes: ['Ingress'] } },
        });
        const rbac = kubeConfig.makeApiClient(RbacAuthorizationV1Api);
        const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
        await rbac.createNamespacedRole({ namespace: 'shop', body: { metadata: { name: 'lister' }, rules } });
        await rbac.createNamespacedRoleBinding({
          namespace: 'shop',
          body: {
            metadata: { name: 'lister' },
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'lister' },
            subjects: [{ kind: 'ServiceAccount', name: 'lister', namespace: 'shop' }],
          },
        });
      });
      afterAll(() => servers.forEach((server) => server.close()));

      const status = (...args: string[]): Promise<Said> =>
        runCommand(['status', '--kubeconfig', cluster().kubeconfigPath, ...args]);
      /** Without what differs from run to run. */
      const masked = (text: string): string =>
        text
          .replaceAll(host, 'POD-IP')
          .replace(/(port|POD-IP:)( ?)\d{4,5}/g, '$1$2PORT')
          .replace(/added at \S+,/g, 'added at TIME,');
      const podsOf = ({ out }: Said): Map<string, StatusReport['pods'][number]> => {
        const checked = check(REPORT, JSON.parse(out));
        if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
        return new Map(checked.value.pods.map((pod) => [pod.name, pod]));
      };

      test('the text', async () => {
        const { out, err, code } = await status('shop');
        expectGolden('status.txt', masked(out));
        expect({ err, code }).toEqual({ err: '', code: 1 });
      });

      test('the states, as JSON by its schema', async () => {
        const pods = podsOf(await status('-A', '-o', 'json'));
        expect(Object.fromEntries([...pods].map(([name, { state }]) => [name, state]))).toEqual({
          'is-valid': 'valid',
          'is-stale': 'stale',
          'is-lost': 'lost',
          'is-taken': 'lost',
          'is-waiting': 'waiting',
          'is-starting': 'starting',
          'is-closed': 'unknown',
          'is-foreign': 'unknown',
          'was-changed': 'valid',
          'was-injected-before': 'valid',
          'was-skipped': 'skipped',
          'has-slipped': 'slipped',
          'nothing-tells': 'slipped',
          'came-before': 'late',
          'asks-not': 'opted-out',
          'is-outside': 'not-covered',
        });
        expect(pods.get('is-valid')).toMatchObject({
          roles: [{ name: 'default', until: new Date(NOW.getTime() + 2_700_000).toISOString(), error: null }],
          ...{ annotation: 'same', version: '0.1.0', askedBy: 'proxy', why: null, fix: null },
        });
        expect(pods.get('was-changed')).toMatchObject({ annotation: 'changed' });
        expect(pods.get('was-injected-before')).toMatchObject({
          version: '0.0.9',
          annotation: 'unknown',
          askedBy: 'proxy',
        });
        // What a pod says does not reach the terminal as control characters.
        expect(pods.get('is-lost')?.why).toContain('STS refused  [31mthe call.');
      });

      test('YAML says the same', async () => {
        const { out } = await status('shop', '-o', 'yaml');
        expect(out).toContain('state: stale');
      });

      test('a namespace without such a pod: exit code 0', async () => {
        const { code, out } = await status('empty');
        expect(code).toBe(0);
        expect(out).toMatch(
          /^No pod of namespace empty holds an AWS role or should\. Pods that hold no role and should not, or have ended: 0\./,
        );
      });

      test('a kubeconfig without rights: which one lacks', async () => {
        const kubeconfig = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'nobody' });
        const { code, out, err } = await runCommand(['status', 'shop', '--kubeconfig', kubeconfig]);
        expect({ code, out }).toEqual({ code: 2, out: '' });
        expect(err).toContain('User system:serviceaccount:shop:nobody cannot list pods in namespace shop.');
      });

      test('a user who may list pods alone: what is not known, and which rights lack for it', async () => {
        const kubeconfig = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'lister' });
        const said = await runCommand(['status', 'shop', '--kubeconfig', kubeconfig, '-o', 'json']);
        const { notes } = JSON.parse(said.out) as StatusReport;
        expect(notes.join('\n')).toContain(
          'cannot list serviceaccounts in namespace shop: nothing is said of pods without',
        );
        const closed = podsOf(said).get('is-valid');
        expect(closed?.state).toBe('unknown');
        const user = 'User system:serviceaccount:shop:lister cannot';
        expect(closed?.why).toContain(`${user} get pods/proxy in namespace shop.`);
        expect(closed?.why).toContain('pods/exec in namespace shop');
      });

      test('arguments that exclude each other, and one that is no number', async () => {
        expect((await status('shop', '-A')).code).toBe(2);
        expect((await status('shop', '--every', '0')).err).toContain('--every takes a whole number of 1-3600 seconds.');
      });
    });
  },
  '',
);
