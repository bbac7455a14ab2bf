/**
 * What the command line sees of a sidecar that runs: by the pod proxy; where that is closed, by exec of the prober; and what it says
 * where neither is open.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { PORTS } from '@rolechain/shared';
import type { StatusReport } from '../../../cli/src/report-schemas/status.ts';
import { runCommand } from '../../cli/call.ts';
import { serviceAccountKubeconfig } from '../../cluster/kubeconfig.ts';
import { run } from '../run.ts';
import type { NodeFixture } from './fixture.ts';
import { SHOP } from './kube.ts';
import { podOf } from './workloads.ts';

const POD = 'looked-at';
const RIGHTS: Readonly<Record<string, readonly object[]>> = {
  'may-proxy': [{ apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] }],
  'may-exec': [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] }],
  'may-list': [],
};
const LISTS = ['pods', 'serviceaccounts'];

export function commandLine(get: () => NodeFixture, isOwnNode: boolean): void {
  let folder: string;
  const kubeconfigs = new Map<string, string>();

  beforeAll(async () => {
    const { kube, app, kubeconfig } = get();
    folder = await mkdtemp(join(tmpdir(), 'rolechain-cli-'));
    const admin = new KubeConfig();
    admin.loadFromFile(kubeconfig);
    for (const [name, rules] of Object.entries(RIGHTS)) {
      const metadata = { name, namespace: SHOP };
      const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
      const all = [{ apiGroups: [''], resources: LISTS, verbs: ['list'] }, ...rules];
      await kube.apply(
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
        { ...rbac, kind: 'Role', rules: all },
        {
          ...rbac,
          kind: 'RoleBinding',
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', name, namespace: SHOP }],
        },
      );
      const path = await serviceAccountKubeconfig(folder, admin, { namespace: SHOP, serviceAccount: name });
      kubeconfigs.set(name, path);
    }
    kubeconfigs.set('admin', kubeconfig);
    await kube.apply(podOf(app, POD));
    await kube.kubectl('wait', '--for=condition=Ready', `pod/${POD}`, `--namespace=${SHOP}`, '--timeout=120s');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const statusAs = async (user: string): Promise<StatusReport['pods'][number]> => {
    const kubeconfig = kubeconfigs.get(user) ?? '';
    const { out, err } = await runCommand(['status', SHOP, '--kubeconfig', kubeconfig, '--output', 'json'], {
      now: () => new Date(),
      env: process.env,
    });
    if (out === '') throw new Error(err);
    const pod = (JSON.parse(out) as StatusReport).pods.find(({ name }) => name === POD);
    if (!pod) throw new Error(`no line of ${POD}: ${out}`);
    return pod;
  };
  const VALID = {
    why: null,
    state: 'valid',
    annotation: 'same',
    roles: [{ name: 'default', state: 'valid', error: null }],
  };

  test('the status of a pod, by the pod proxy', async () => {
    const status = await statusAs('may-proxy');
    expect(status).toMatchObject({ ...VALID, askedBy: 'proxy' });
    expect(Date.parse(status.roles[0]?.until ?? '')).toBeGreaterThan(Date.now());
  });

  test('who may not use the proxy, by exec of the prober', async () => {
    expect(await statusAs('may-exec')).toMatchObject({ ...VALID, askedBy: 'exec' });
  });

  test('who may neither: which rights lack', async () => {
    const { state, why, fix } = await statusAs('may-list');
    expect(state).toBe('unknown');
    const user = `User system:serviceaccount:${SHOP}:may-list cannot`;
    expect(why).toContain(`${user} get pods/proxy in namespace ${SHOP}.`);
    expect(why).toMatch(/ cannot create pods\/exec in namespace shop/);
    expect(fix).toContain('Ask for get pods/proxy');
  });

  if (isOwnNode) {
    test('a network that closes the port to the apiserver, as a default-deny policy does', async () => {
      const { kube } = get();
      const { status } = await kube.pod(POD);
      const address = status?.podIP ?? '';
      const rule = ['OUTPUT', '-d', address, '-p', 'tcp', '--dport', `${PORTS.health}`, '-j', 'DROP'];
      await run('iptables', ['-w', '-I', ...rule]);
      try {
        expect(await statusAs('admin')).toMatchObject({ ...VALID, askedBy: 'exec' });
        const closed = await statusAs('may-proxy');
        expect(closed).toMatchObject({ state: 'unknown', why: expect.stringContaining('no answer within 5 s') });
        expect(closed.fix).toContain(`Let the control plane reach port ${PORTS.health} of the pod`);
      } finally {
        await run('iptables', ['-w', '-D', ...rule]);
      }
      expect(await statusAs('admin')).toMatchObject({ ...VALID, askedBy: 'proxy' });
    });
  }

  test('the text names pod, state and time', async () => {
    const args = ['status', SHOP, '--kubeconfig', kubeconfigs.get('admin') ?? ''];
    const { out } = await runCommand(args, { now: () => new Date(), env: process.env });
    console.log(out);
    expect(out).toMatch(new RegExp(`${POD} +valid +until .* \\(\\d+ min\\)`));
  });
}
