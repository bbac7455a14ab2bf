/**
 * kubectl on pods that the webhook made: what a debug copy keeps and loses, a debug pod of a node, and a bare Pod that is
 * applied twice. docs/pods.md says what to do.
 */
import { execFile } from 'node:child_process';
import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import { SIDECAR, credentialsPath } from '@rolechain/shared';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { account, install, namespace, type Installed } from '../guard/installed.ts';
import { applyAll } from '../fixture/install.ts';

const ORDERS = 'arn:aws:iam::222222222222:role/orders';
const AUDIT = 'arn:aws:iam::333333333333:role/audit';
const TWO = JSON.stringify({ roleARN: ORDERS, roles: { audit: { roleARN: AUDIT } } });
const ROLES = 'rolechain.io/container-roles';

describeWithBinaries('kubectl', ({ kubectl = 'kubectl' }) => {
  describeWithCluster('on pods that the webhook made', (cluster) => {
    let installed: Installed;
    let copies = 0;
    const core = (): CoreV1Api => cluster().kubeConfig.makeApiClient(CoreV1Api);
    beforeAll(async () => {
      installed = await install(cluster());
      await applyAll(cluster().kubeConfig, [account('shop', 'two', TWO), account('shop', 'default', ORDERS)]);
      await installed.untilAnswered();
    });
    afterAll(() => installed.stop());

    /** Its output, of both kinds. */
    const run = (input: string, ...args: string[]): Promise<string> =>
      new Promise((resolve) => {
        const all = [`--kubeconfig=${cluster().kubeconfigPath}`, '--namespace=shop', ...args];
        const child = execFile(kubectl, all, (_error, stdout, stderr) => resolve(stdout + stderr));
        child.stdin?.end(input);
      });
    const create = async (
      name: string,
      annotations: Record<string, string>,
      serviceAccountName = 'two',
      exporter: object = {},
    ): Promise<V1Pod> => {
      const containers = [
        { name: 'app', image: 'a:1' },
        { name: 'exporter', image: 'a:1', ...exporter },
      ];
      const body = { metadata: { name, annotations }, spec: { serviceAccountName, containers } };
      return core().createNamespacedPod({ namespace: 'shop', body });
    };
    /** The role of each container's environment; of the sidecar, that it is there. */
    const rolesOf = (pod: V1Pod): Record<string, string | undefined> =>
      Object.fromEntries(
        [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name, env = [] }) => {
          const uri = env.find((each) => each.name === 'AWS_CONTAINER_CREDENTIALS_FULL_URI')?.value;
          const kind = name.startsWith('debugger-') ? 'debugger' : name;
          return [kind, name === SIDECAR.name ? 'sidecar' : (uri?.split(credentialsPath('')).at(-1) ?? 'none')];
        }),
      );
    const copyOf = async (pod: string, ...flags: string[]): Promise<Record<string, string | undefined> | string> => {
      const name = `${pod}-copy-${String(++copies)}`;
      const said = await run('', 'debug', pod, `--copy-to=${name}`, '--image=busybox:1', ...flags);
      try {
        return rolesOf(await core().readNamespacedPod({ namespace: 'shop', name }));
      } catch {
        return said;
      }
    };

    const KEPT = '--keep-annotations';
    const APART = '--share-processes=false';

    describe('a debug copy', () => {
      const key = { name: 'AWS_ACCESS_KEY_ID', value: 'x' };
      beforeAll(async () => {
        await create('narrowed', { [ROLES]: 'exporter=audit' });
        await create('closed', { [ROLES]: 'app=default,exporter=audit,*=none' });
        await create('one-role', { [ROLES]: 'app=default,*=none' }, 'orders');
        await create('opted-out', { 'rolechain.io/inject': 'false' });
        await create('skipping', { 'rolechain.io/skip-containers': 'exporter' }, 'orders', { env: [key] });
      });

      const sidecar = { [SIDECAR.name]: 'sidecar' };
      test.each<[string, string, string[], object]>([
        ['every container is `default`', 'narrowed', [], { app: 'default', exporter: 'default', debugger: 'default' }],
        ['so, too', 'closed', [APART], { app: 'default', exporter: 'default', debugger: 'default' }],
        ['injected', 'opted-out', [], { app: 'default', exporter: 'default', debugger: 'default' }],
        ['as it was', 'narrowed', [KEPT, APART], { app: 'default', exporter: 'audit', debugger: 'default' }],
        [
          'as it was, the debugger none',
          'closed',
          [KEPT, APART],
          { app: 'default', exporter: 'audit', debugger: 'none' },
        ],
        ['with one role, by default flags', 'one-role', [KEPT], { app: 'default', exporter: 'none', debugger: 'none' }],
      ])('%s: %s %j', async (_name, pod, flags, expected) => {
        expect(await copyOf(pod, ...flags)).toEqual({ ...sidecar, ...expected });
      });

      test('an opted-out pod stays so where its annotations are kept', async () => {
        expect(await copyOf('opted-out', KEPT)).toEqual({ app: 'none', exporter: 'none', debugger: 'none' });
      });

      test.each(['narrowed', 'closed'])('of %s with its annotations and shared processes is refused', async (pod) => {
        expect(await copyOf(pod, KEPT)).toContain('[SharedProcessNamespace]');
      });

      test('of a pod that skips a container with static keys is refused without its annotations', async () => {
        expect(await copyOf('skipping')).toContain('container exporter: AWS_ACCESS_KEY_ID');
        expect(await copyOf('skipping', KEPT)).toMatchObject({ app: 'default', exporter: 'none' });
      });
    });

    test('a debug pod of a node is refused where the account `default` asks, and made elsewhere', async () => {
      await core().createNode({ body: { metadata: { name: 'node-1' }, spec: {} } });
      await applyAll(cluster().kubeConfig, [namespace('elsewhere'), account('elsewhere', 'default')]);
      const debug = ['debug', 'node/node-1', '--image=busybox:1'];
      expect(await run('', ...debug)).toContain('ServiceAccount shop/default asks for an AWS role, but: On the host');
      expect(await run('', ...debug, '--namespace=elsewhere')).not.toContain('rror');
      const { items } = await core().listNamespacedPod({ namespace: 'elsewhere' });
      expect(items.map(({ spec }) => spec?.hostNetwork)).toEqual([true]);
    });

    describe('a bare Pod that is applied twice', () => {
      const twice = async (name: string, more: { spec?: string; container?: string }, flags: string[] = []) => {
        const lines = [
          ...['apiVersion: v1', 'kind: Pod', `metadata: {name: ${name}}`, 'spec:', '  serviceAccountName: orders'],
          ...(more.spec === undefined ? [] : [`  ${more.spec}`]),
          ...['  containers:', '  - name: app', '    image: a:1'],
          ...(more.container === undefined ? [] : [`    ${more.container}`]),
        ];
        expect(await run(lines.join('\n'), 'apply', ...flags, '-f', '-')).toMatch(/created|serverside-applied/);
        return run(lines.join('\n'), 'apply', ...flags, '-f', '-');
      };

      test.each([
        ['empty-env', { container: 'env:' }],
        ['empty-mounts', { container: 'volumeMounts:' }],
        ['empty-init', { spec: 'initContainers:' }],
        ['empty-volumes', { spec: 'volumes:' }],
      ])('fails with %s: kubectl takes away what the webhook wrote there', async (name, more) => {
        expect(await twice(name, more)).toContain('Forbidden: pod updates may not');
      });

      test.each<[string, object, string[]]>([
        ['no-env', {}, []],
        ['listed-env', { container: 'env: []' }, []],
        ['listed-init', { spec: 'initContainers: []' }, []],
        ['empty-env-on-the-server', { container: 'env:' }, ['--server-side']],
      ])('is left as it is with %s', async (name, more, flags) => {
        expect(await twice(name, more, flags)).toMatch(/unchanged|serverside-applied/);
      });
    });
  });
});
