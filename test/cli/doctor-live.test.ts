/** `rolechain doctor --live`: real sidecars beside the double of STS, asked through a real apiserver's pod proxy. */
import { networkInterfaces } from 'node:os';
import { ENV, check, type RoleConfig } from '@rolechain/shared';
import { mayAssume, trustPodIdentity, trustRole } from '@rolechain/doubles/fixtures.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { REPORT, type DoctorReport, type LiveRole } from '../../cli/src/report-schemas/doctor.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { openApi, type Api } from '../guard/api.ts';
import { account, namespace } from '../guard/installed.ts';
import { container, pod } from '../guard/pods.ts';
import { BASE, EXTERNAL_ID, hop, ORDERS, useBench, type Change } from '../sidecar/bench.ts';
import type { RunningSidecar } from '../sidecar/harness.ts';
import { runCommand } from './call.ts';
import { expectGolden } from './golden.ts';

const HUB = 'arn:aws:iam::222222222222:role/hub';

describeWithCluster('doctor --live', (cluster) => {
  const bench = useBench();
  let api: Api;
  beforeAll(async () => {
    api = await openApi(cluster().kubeConfig);
    await applyAll(cluster().kubeConfig, [namespace('shop'), account('shop', 'orders'), account('shop', 'stranger')]);
  });
  afterAll(() => api.close());

  /** The API's object of the sidecar's pod, with an address of this machine, which the pod proxy leads to. */
  async function podOf(name: string, { ports }: RunningSidecar): Promise<void> {
    const config = JSON.stringify({ version: 1, ports, roles: { default: {} } });
    const own = { ...container('rolechain'), restartPolicy: 'Always', env: [{ name: ENV.config, value: config }] };
    const { metadata, ...rest } = pod('shop', 'orders', { spec: { initContainers: [own] } });
    await api.post('/api/v1/namespaces/shop/pods', { ...rest, metadata: { name, namespace: metadata.namespace } });
    const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
    const podIP = addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '';
    const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }] };
    await api.patch(`/api/v1/namespaces/shop/pods/${name}/status`, { status });
  }

  let count = 0;
  /** Starts the sidecar, waits until a fetch has ended, and asks. */
  async function live(change: Change = {}): Promise<{ role: LiveRole | undefined; code: number; name: string }> {
    const name = `orders-${++count}`;
    const sidecar = await bench.start({ ...change, env: { [ENV.podIP]: '0.0.0.0', ...change.env } });
    await podOf(name, sidecar);
    let report: DoctorReport | undefined;
    let code = 0;
    await until('a fetch has ended', PATIENCE_MS, async () => {
      const said = await doctor(name, '-o', 'json');
      code = said.code;
      report = JSON.parse(said.out) as DoctorReport;
      return report.live?.roles.some(({ state, code: error }) => state === 'valid' || error !== undefined) === true;
    });
    expect(check(REPORT, report)).toMatchObject({ ok: true });
    return { role: report?.live?.roles[0], code, name };
  }
  const doctor = (name: string, ...more: string[]) =>
    runCommand(['doctor', '--live', name, '-n', 'shop', '--kubeconfig', cluster().kubeconfigPath, ...more]);
  const chain = (...hops: RoleConfig['hops']): Change => ({ roles: { default: { hops } } });
  const steps = (role: LiveRole | undefined): string[] =>
    (role?.hops ?? []).map(({ step, state }) => `${step} ${state}`);

  test('all hops are well', async () => {
    const { role, code } = await live();
    expect([code, role?.state, steps(role)]).toEqual([0, 'valid', ['pod-identity ok', `${ORDERS} ok`]]);
  });

  test('the second hop lacks sts:TagSession: the statement, and the text, as a person has reviewed it', async () => {
    bench.sts.setRole({ arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(HUB) });
    bench.sts.setRole({ arn: HUB, trust: trustRole(BASE), permissions: mayAssume(ORDERS) });
    bench.sts.setTrust(ORDERS, trustRole(HUB, { tagSession: false }));
    const { role, code, name } = await live(chain(hop(HUB), hop(ORDERS)));
    expect(code).toBe(1);
    expect(steps(role)).toEqual(['pod-identity ok', `${HUB} ok`, `${ORDERS} failed`]);
    expect(role).toMatchObject({ code: 'StsAccessDenied', fix: expect.stringContaining('"Action":"sts:TagSession"') });
    const { out } = await doctor(name);
    const text = out.replaceAll(name, 'orders-1').replaceAll(/[0-9a-f-]{36}/g, 'REQUEST');
    expectGolden('doctor-live.txt', text);
  });

  test('the first hop fails: what is behind it was not reached', async () => {
    bench.sts.setRole({ arn: BASE, trust: trustPodIdentity(), permissions: mayAssume(HUB) });
    bench.sts.setRole({
      arn: HUB,
      trust: trustRole('arn:aws:iam::111111111111:role/other'),
      permissions: mayAssume(ORDERS),
    });
    const { role } = await live(chain(hop(HUB), hop(ORDERS)));
    expect(steps(role)).toEqual(['pod-identity ok', `${HUB} failed`, `${ORDERS} not reached`]);
    expect(role?.fix).toContain(`{"Effect":"Allow","Action":"sts:AssumeRole"`);
  });

  test('another ExternalId: it is named, and its value is not', async () => {
    bench.sts.setTrust(ORDERS, trustRole(BASE, { externalId: 'another-external-id' }));
    const { role } = await live();
    expect(steps(role)).toEqual(['pod-identity ok', `${ORDERS} failed`]);
    expect(role?.message).toContain('ExternalId');
    expect(JSON.stringify(role)).not.toContain(EXTERNAL_ID);
  });

  test('no keys in the Secret: the base identity is the first that fails', async () => {
    const { role } = await live({ roles: { default: { source: { type: 'environment' } } } });
    expect(steps(role)).toEqual(['environment failed', `${ORDERS} not reached`]);
    expect(role?.code).toBe('EnvironmentEmpty');
  });

  test('a pod without a sidecar, one that is not there, and a user who may not ask', async () => {
    const plain = pod('shop', 'stranger');
    await api.post('/api/v1/namespaces/shop/pods', { ...plain, metadata: { name: 'plain', namespace: 'shop' } });
    expect(await doctor('plain')).toMatchObject({ code: 1, out: expect.stringContaining('It has no sidecar') });
    expect(await doctor('gone')).toMatchObject({ code: 2, err: expect.stringContaining('ObjectNotFound') });
    const kubeconfig = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'stranger' });
    const said = await runCommand(['doctor', '--live', 'plain', '-n', 'shop', '--kubeconfig', kubeconfig]);
    expect(said).toMatchObject({ code: 2, err: expect.stringContaining('cannot get pods in namespace shop') });
  });
});
