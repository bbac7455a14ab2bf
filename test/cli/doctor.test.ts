/** `rolechain doctor` on a real apiserver with rolechain installed: all well, and each check with what it looks at broken. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeLeaf } from '@rolechain/certs';
import { isSecret } from '@rolechain/kit/record.ts';
import type { CheckResult, DoctorReport } from '../../cli/src/report-schemas/doctor.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll, installManifests } from '../fixture/install.ts';
import { account, ROLE } from '../guard/installed.ts';
import { runCommand } from './call.ts';
import { ADMISSION, DEPLOYMENT, MUTATING, NS, bad, of, useInstalled } from './doctor-installed.ts';
import { expectGolden } from './golden.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'rolechain-doctor-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

describeWithCluster('doctor', (cluster) => {
  const { installed, api, settings, doctor, get, restore, change, replica } = useInstalled(cluster);

  test('all well: the text, as a person has reviewed it', async () => {
    const { report } = await doctor();
    expect(bad(report)).toEqual([]);
    const { out, code } = await runCommand(['doctor', '--kubeconfig', cluster().kubeconfigPath], {
      now: () => new Date(),
    });
    expect(code).toBe(0);
    const text = out.replace(/\d{1,4} days left/, 'N days left').replace(/v1\.\d+\.\d+/, 'v1.N');
    expectGolden('doctor-well.txt', text);
  });

  describe('one identity', () => {
    const make = async (name: string, annotation?: string): Promise<void> => {
      const { metadata, ...rest } = account('shop', name);
      await applyAll(cluster().kubeConfig, [
        {
          ...rest,
          metadata: {
            ...metadata,
            annotations: annotation === undefined ? {} : { 'rolechain.io/assume-role': annotation },
          },
        },
      ]);
    };
    const EXTERNAL = `roleARN: ${ROLE}\nexternalIDFrom: {secretKeyRef: {name: ids, key: external-id}}\n`;
    const identity = async (name: string): Promise<Record<string, string>> => {
      const { report } = await doctor('serviceaccount', name, '-n', 'shop');
      return Object.fromEntries(
        report.checks
          .filter(({ category }) => category === 'identity')
          .map(({ id, state, reason }) => [id, `${state}: ${reason ?? ''}`]),
      );
    };

    test('its way to a role', async () => {
      expect(await identity('orders')).toMatchObject({
        account: 'ok: ',
        annotation: `ok: default: ${ROLE}`,
        'allowed-roles': 'ok: no patterns, and allowedRolesPolicy is optional',
        'base-identity': expect.stringContaining('ok: auto: an association of EKS Pod Identity'),
      });
    });

    test('asks for nothing, is not there, and is not valid', async () => {
      expect((await identity('plain')).account).toContain('failed: ServiceAccount shop/plain has no annotation');
      expect((await identity('gone')).account).toContain('failed: There is no ServiceAccount shop/gone');
      await installed().stopWebhook();
      await make('broken', 'roleARN: nonsense');
      await installed().startWebhook();
      await replica();
      expect((await identity('broken')).annotation).toMatch(/^failed: .*\[AnnotationInvalid\]/);
    });

    test('a Namespace that does not allow it', async () => {
      await api().patch('/api/v1/namespaces/shop', {
        metadata: { annotations: { 'rolechain.io/allowed-roles': 'arn:aws:iam::999999999999:role/*' } },
      });
      expect((await identity('orders'))['allowed-roles']).toMatch(/^failed: .*\[RoleNotAllowed\]/);
      await api().patch('/api/v1/namespaces/shop', {
        metadata: { annotations: { 'rolechain.io/allowed-roles': null } },
      });
    });

    test("an external ID's Secret: gone, without the key, and there; its value is never read", async () => {
      await make('external', EXTERNAL);
      expect((await identity('external'))['external-id']).toBe('failed: There is no Secret ids.');
      const value = isSecret('value of a Secret', `external-${process.pid}-of-a-secret`);
      const secret = { metadata: { name: 'ids' }, stringData: { other: value } };
      await api().post('/api/v1/namespaces/shop/secrets', secret);
      expect((await identity('external'))['external-id']).toBe('failed: Secret ids has no key external-id.');
      await api().patch('/api/v1/namespaces/shop/secrets/ids', { stringData: { 'external-id': value } });
      expect((await identity('external'))['external-id']).toBe('ok: ');
    });
  });

  test('a ticket holds no secret, wherever one stands', async () => {
    // They stand in objects of the cluster, where the search would find them: the test itself looks through the ticket.
    const planted = (where: string): string => `planted-${where}-${process.pid}-secret`;
    await settings({
      sidecarEnvironment: { HTTPS_PROXY: `http://user:${planted('proxy')}@proxy:3128` },
      stsEndpoint: `https://user:${planted('endpoint')}@sts.example`,
      defaultTags: { note: planted('tag') },
    });
    const before = await get(DEPLOYMENT);
    const { spec } = before as { spec: { template: { spec: { containers: { env?: object[] }[] } } } };
    const containers = spec.template.spec.containers.map((one) => ({
      ...one,
      args: [`--password=${planted('argument')}`],
      env: [...(one.env ?? []), { name: 'PASSWORD', value: planted('variable') }],
    }));
    await api().patch(DEPLOYMENT, {
      metadata: { annotations: { note: planted('annotation') } },
      spec: { template: { metadata: { annotations: { note: planted('template') } }, spec: { containers } } },
    });
    await api().patch('/api/v1/namespaces/shop', { metadata: { annotations: { note: planted('namespace') } } });
    await api().patch('/api/v1/namespaces/shop/serviceaccounts/orders', {
      metadata: {
        annotations: {
          'rolechain.io/assume-role': `roleARN: ${ROLE}\nexternalID: ${planted('external-id')}\ntags: {note: ${planted('session-tag')}}\n`,
          note: planted('account'),
        },
      },
    });
    const secret = (await get(`${NS}/secrets/rolechain-webhook-tls`)) as { data: Record<string, string> };
    const keys = ['tls.key', 'ca.key'].map((key) => Buffer.from(secret.data[key] ?? '', 'base64').toString());
    expect(keys.every((key) => key.includes('PRIVATE KEY'))).toBe(true);
    const file = join(folder, 'ticket.json');
    await doctor('sa', 'orders', '-n', 'shop', '--bundle', file);
    const text = await readFile(file, 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      bundle: 1,
      objects: {
        serviceAccount: { roles: [{ name: 'default', roleARN: ROLE }] },
        settings: { sidecarEnvironment: ['HTTPS_PROXY'] },
      },
    });
    expect(text).not.toContain('planted');
    for (const key of keys) expect(text).not.toContain(key.split('\n')[1] ?? 'none');
    // Invalid settings: the ticket has places, and no value.
    await settings({ conflicts: planted('value') });
    await doctor('--bundle', file);
    expect(await readFile(file, 'utf8')).toContain('conflicts');
    expect(await readFile(file, 'utf8')).not.toContain('planted');
    await settings({});
    await restore(DEPLOYMENT, before);
  });

  describe('the webhook is out', () => {
    beforeAll(() => installed().stopWebhook());

    test('it is not called, and gives no answer', async () => {
      const { report } = await doctor();
      expect(of(report, 'health')).toMatchObject({ state: 'warning', reason: expect.stringContaining('webhook-1: ') });
      expect(of(report, 'called')).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('was not refused'),
      });
    });

    test('an empty caBundle, one of another CA, and a certificate that has ended', async () => {
      const now = new Date();
      const authority = await makeAuthority({ now, commonName: 'another' });
      const bundle = (pem: string): string => Buffer.from(pem).toString('base64');
      await change(MUTATING, (one) => ({
        ...one,
        clientConfig: { ...(one.clientConfig as object), caBundle: bundle(authority.certificate) },
      }));
      expect(of((await doctor()).report, 'ca-bundle')).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('another CA in pods.rolechain.io'),
      });
      await change(MUTATING, ({ clientConfig, ...one }) => {
        const { caBundle: _, ...rest } = clientConfig as Record<string, unknown>;
        return { ...one, clientConfig: rest };
      });
      expect(of((await doctor()).report, 'ca-bundle')).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('It is empty in'),
      });
      const past = new Date(now.getTime() - 400 * 24 * 3600 * 1000);
      const leafOf = (when: Date, dnsNames: string[]) => makeLeaf({ authority, dnsNames, now: when });
      const store = async (leaf: { certificate: string }): Promise<CheckResult | undefined> => {
        await api().patch(`${NS}/secrets/rolechain-webhook-tls`, {
          data: { 'tls.crt': bundle(leaf.certificate), 'ca.crt': bundle(authority.certificate) },
        });
        return of((await doctor()).report, 'certificate');
      };
      expect(await store(await leafOf(past, ['rolechain-webhook.rolechain.svc']))).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('expired at'),
      });
      expect(await store(await leafOf(now, ['other.rolechain.svc']))).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining('It is not for'),
      });
      const nearly = new Date(now.getTime() - 80 * 24 * 3600 * 1000);
      expect(await store(await leafOf(nearly, ['rolechain-webhook.rolechain.svc']))).toMatchObject({
        state: 'warning',
        reason: expect.stringContaining('days are left'),
      });
    });
  });

  test('a user without rights: each check says which one', async () => {
    const kubeconfig = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'plain' });
    const { code, out, err } = await runCommand(['doctor', '--kubeconfig', kubeconfig, '-o', 'json']);
    expect([code, err]).toEqual([1, '']);
    const report = JSON.parse(out) as DoctorReport;
    expect(of(report, 'certificate')).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining(
        'User system:serviceaccount:shop:plain cannot get secrets in namespace rolechain',
      ),
      fix: expect.stringContaining('{apiGroups: [""], resources: ["secrets"], verbs: ["get"]}'),
    });
    expect(of(report, 'rights')).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('create subjectaccessreviews'),
    });
    expect(of(report, 'called')).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('create serviceaccounts'),
    });
    expect(report.checks.filter(({ state }) => state === 'failed')).toEqual([]);
    const { out: text } = await runCommand(['doctor', '--kubeconfig', kubeconfig]);
    expectGolden('doctor-no-rights.txt', text.replaceAll(/v1\.\d+\.\d+/g, 'v1.N'));
  });

  test('nothing is installed', async () => {
    for (const path of [MUTATING, `${ADMISSION}/validatingwebhookconfigurations/rolechain`]) await api().remove(path);
    for (const path of [DEPLOYMENT, `${NS}/configmaps/rolechain-webhook`]) await api().remove(path);
    const { report } = await doctor();
    expect(of(report, 'webhook-configurations')).toMatchObject({ state: 'failed' });
    const { out } = await runCommand(['doctor', '--kubeconfig', cluster().kubeconfigPath], { now: () => new Date() });
    const text = out.replace(/-?\d{1,4} days are left/, 'N days are left').replace(/webhook-1: .*/, 'webhook-1: (why)');
    expectGolden('doctor-gone.txt', text.replace(/v1\.\d+\.\d+/, 'v1.N'));
  });
});

test('no cluster', async () => {
  const kubeconfig = join(folder, 'nowhere');
  const config = {
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  expect(await runCommand(['doctor', '--kubeconfig', kubeconfig])).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('ClusterUnreachable'),
  });
});

test('the manifests give the rights that are checked, and no others', async () => {
  const { WEBHOOK_RIGHTS } = await import('../../cli/src/doctor/rights.ts');
  const ours = WEBHOOK_RIGHTS.flatMap(({ group, resource, verbs, names, where }) =>
    verbs.flatMap((verb) =>
      (names.length > 0 ? names : ['']).map((name) => [where, verb, group, resource, name].join(' ')),
    ),
  );
  const theirs = (await installManifests())
    .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
    .flatMap(({ kind, rules }) =>
      (rules as { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[]).flatMap(
        ({ apiGroups, resources, verbs, resourceNames = [''] }) =>
          resources.flatMap((resource) =>
            verbs.flatMap((verb) =>
              resourceNames.map((name) =>
                [kind === 'Role' ? 'own namespace' : 'cluster', verb, apiGroups[0], resource, name].join(' '),
              ),
            ),
          ),
      ),
    );
  expect(ours.toSorted()).toEqual(theirs.toSorted());
});
