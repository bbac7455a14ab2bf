/** rolechain installed on a real apiserver, with what controllers and a kubelet would write, for the tests of `rolechain doctor`. */
import { networkInterfaces } from 'node:os';
import { check } from '@rolechain/shared';
import { stringify } from 'yaml';
import { REPORT, type CheckResult, type DoctorReport } from '../../cli/src/report-schemas/doctor.ts';
import type { Cluster } from '../cluster/apiserver.ts';
import { applyAll } from '../fixture/install.ts';
import { install, namespace, type Installed } from '../guard/installed.ts';
import { pod } from '../guard/pods.ts';
import { runCommand } from './call.ts';

const SIDECAR = `registry.internal/rolechain/sidecar:0.1.0@sha256:${'a'.repeat(64)}`;
export const NS = '/api/v1/namespaces/rolechain';
export const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
export const MUTATING = `${ADMISSION}/mutatingwebhookconfigurations/rolechain`;
export const DEPLOYMENT = '/apis/apps/v1/namespaces/rolechain/deployments/rolechain-webhook';
const READY = { status: { replicas: 2, readyReplicas: 2, availableReplicas: 2 } };

export function useInstalled(cluster: () => Cluster) {
  let installed: Installed;
  const api = (): Installed['api'] => installed.api;

  beforeAll(async () => {
    // The apiserver's pod proxy leads to no loopback address.
    installed = await install(cluster(), { settings: { address: '0.0.0.0' } });
    await settings({});
    await replica();
    // What controllers and a kubelet would write.
    const labels = { 'kubernetes.io/service-name': 'rolechain-webhook' };
    await api().post('/apis/discovery.k8s.io/v1/namespaces/rolechain/endpointslices', {
      metadata: { name: 'webhook', labels },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
    });
    await api().patch(`${DEPLOYMENT}/status`, READY);
    await applyAll(cluster().kubeConfig, [namespace('default')]);
  });
  afterAll(() => installed.stop());

  let healthPort = 9440;
  /** The pod of the process: with an address of this machine, as a kubelet would write it. */
  async function replica(): Promise<void> {
    healthPort = Number(new URL(installed.webhook().healthURL).port);
    await settings({});
    const { metadata, ...rest } = pod('rolechain', 'rolechain-webhook');
    const labels = { 'app.kubernetes.io/name': 'rolechain', 'app.kubernetes.io/component': 'webhook' };
    await api().remove(`${NS}/pods/webhook-1?gracePeriodSeconds=0`);
    await api().post(`${NS}/pods`, { ...rest, metadata: { name: 'webhook-1', namespace: metadata.namespace, labels } });
    const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
    const podIP = addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '';
    await api().patch(`${NS}/pods/webhook-1/status`, { status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] } });
  }

  /** A webhook of another version refuses none of them: that is how invalid ones come to be there. */
  const settings = (more: object): Promise<unknown> =>
    api().patch(`${NS}/configmaps/rolechain-webhook`, {
      metadata: { labels: { 'app.kubernetes.io/version': '0.0.9' } },
      data: { 'settings.yaml': stringify({ sidecarImage: SIDECAR, region: 'eu-central-1', healthPort, ...more }) },
    });
  const doctor = async (...args: string[]): Promise<{ code: number; report: DoctorReport }> => {
    const { code, out, err } = await runCommand(
      ['doctor', ...args, '-o', 'json', '--kubeconfig', cluster().kubeconfigPath],
      {
        now: () => new Date(),
      },
    );
    expect(err).toBe('');
    const report = JSON.parse(out) as DoctorReport;
    expect(check(REPORT, report)).toMatchObject({ ok: true });
    return { code, report };
  };
  const get = async (path: string): Promise<Record<string, unknown>> =>
    JSON.parse((await api().get(path)).body) as Record<string, unknown>;
  /** Puts the object back as it was. */
  async function restore(path: string, before: Record<string, unknown>): Promise<void> {
    const now = await api().get(path);
    const { resourceVersion: _r, uid: _u, ...metadata } = before.metadata as Record<string, unknown>;
    if (now.status === 404) {
      await api().post(path.slice(0, path.lastIndexOf('/')), { ...before, metadata });
      return;
    }
    const { metadata: own } = JSON.parse(now.body) as { metadata: { resourceVersion: string } };
    await api().put(path, { ...before, metadata: { ...metadata, resourceVersion: own.resourceVersion } });
  }

  async function change(path: string, of: (webhook: Record<string, unknown>) => object): Promise<void> {
    const { webhooks } = (await get(path)) as { webhooks: Record<string, unknown>[] };
    await api().patch(path, { webhooks: webhooks.map(of) });
  }
  const ready = (): Promise<unknown> => api().patch(`${DEPLOYMENT}/status`, READY);
  return { installed: () => installed, api, settings, doctor, get, restore, change, ready, replica };
}

export const of = (report: DoctorReport, id: string): CheckResult | undefined =>
  report.checks.find((one) => one.id === id);
export const bad = (report: DoctorReport): string[] =>
  report.checks.filter(({ state }) => state !== 'ok' && state !== 'skipped').map(({ id, state }) => `${id} ${state}`);
