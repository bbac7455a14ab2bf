/** `rolechain migrate` of what is in a real cluster. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSecret } from '@rolechain/kit/record.ts';
import { parseManifests } from '@rolechain/kit/manifests.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { account, namespace } from '../guard/installed.ts';
import { runCommand } from './call.ts';

const EVERYTHING = join(import.meta.dirname, '..', '..', 'cli', 'src', 'migrate', 'testing', 'everything.yaml');
const FOREIGN = ['TriggerAuthentication', 'SecretStore'];

describeWithCluster('migrate', (cluster) => {
  const migrate = (...args: string[]) => runCommand(['migrate', '--kubeconfig', cluster().kubeconfigPath, ...args]);

  beforeAll(async () => {
    const all = parseManifests(await readFile(EVERYTHING, 'utf8'));
    // What the API wants of a workload, and the file leaves out.
    const whole = all.map((object) => {
      const { spec } = object as { spec?: { template?: { metadata?: { labels?: object } } } };
      if (!spec?.template) return object;
      const labels = { app: object.metadata.name };
      const template = { ...spec.template, metadata: { ...spec.template.metadata, labels } };
      return { ...object, spec: { ...spec, selector: { matchLabels: labels }, template } };
    });
    await applyAll(cluster().kubeConfig, [namespace('pay'), namespace('shop')]);
    await applyAll(
      cluster().kubeConfig,
      whole.filter(({ kind, metadata }) => !FOREIGN.includes(kind) && metadata.name !== 'shop'),
    );
    const value = isSecret('value of a Secret', `migrate-${process.pid}-of-a-secret`);
    await applyAll(cluster().kubeConfig, [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'aws', namespace: 'pay' },
        stringData: { credentials: value },
      },
      account('shop', 'stranger'),
    ]);
  });

  test('all namespaces: the same annotations as of the files', async () => {
    const files = await runCommand(['migrate', '-f', EVERYTHING, '-o', 'json']);
    const { out, err } = await migrate('-A', '-o', 'json');
    expect(err).toBe('');
    type Report = { serviceAccounts: { namespace: string }[]; workloads: unknown[] };
    const [ofCluster, ofFiles] = [JSON.parse(out) as Report, JSON.parse(files.out) as Report];
    const own = ofFiles.serviceAccounts.filter(({ namespace: of }) => of === 'pay' || of === 'shop');
    expect(ofCluster.serviceAccounts).toHaveLength(own.length);
    expect(ofCluster.serviceAccounts).toEqual(expect.arrayContaining(own));
    expect(ofCluster.workloads).toEqual(ofFiles.workloads);
  });

  test('one namespace', async () => {
    const { out } = await migrate('-n', 'pay');
    expect(out).toContain('name: pay');
    expect(out).not.toContain('name: orders');
  });

  test('a user without rights: which one', async () => {
    const kubeconfig = await cluster().kubeconfigFor({ namespace: 'shop', serviceAccount: 'stranger' });
    const said = await runCommand(['migrate', '--kubeconfig', kubeconfig, '-n', 'shop']);
    expect(said).toMatchObject({ code: 2, out: '', err: expect.stringContaining('cannot get namespaces') });
  });
});

test('no cluster', async () => {
  expect(await runCommand(['migrate', '--kubeconfig', '/nowhere'])).toMatchObject({ code: 2, out: '' });
});
