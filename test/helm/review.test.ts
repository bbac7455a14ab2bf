/** The program of the chart's test pod, against the webhook itself: it passes on an answer, and on nothing else. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { makeAuthority } from '@rolechain/certs';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { install, type Installed } from '../guard/installed.ts';
import { describeWithHelm, helmTemplate } from './helm.ts';

interface Pod {
  readonly spec: {
    readonly containers: readonly { readonly args: string[]; readonly env: { name: string; value: string }[] }[];
    readonly volumes: readonly {
      readonly secret: { readonly secretName: string; readonly items: { key: string }[] };
    }[];
  };
}

/** Every name is this machine's: the pod goes by the Service's. */
const LOOKUP =
  "require('node:dns').lookup = (name, options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);";

describeWithHelm("the chart's test", (helm) => {
  describeWithCluster('with a webhook', (cluster) => {
    let installed: Installed;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'rolechain-review-'));
      writeFileSync(join(folder, 'lookup.cjs'), LOOKUP);
      installed = await install(cluster());
    });
    afterAll(async () => {
      await installed.stop();
      rmSync(folder, { recursive: true });
    });

    const pod = (): Pod =>
      helmTemplate(helm, { values: { tests: { enabled: true } } }).find(({ kind }) => kind === 'Pod') as unknown as Pod;
    /** The end of the program and what it said, with that CA where the Secret would be mounted. */
    const run = (ca: string): Promise<{ code: number; said: string }> => {
      const [container] = pod().spec.containers;
      const file = join(folder, 'ca.crt');
      writeFileSync(file, ca);
      const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
      env.REVIEW_URL = (env.REVIEW_URL ?? '').replace('.svc/', `.svc:${installed.port}/`);
      env.NODE_EXTRA_CA_CERTS = env.NODE_EXTRA_CA_CERTS === '/ca/ca.crt' ? file : '';
      const args = ['--require', join(folder, 'lookup.cjs'), ...(container?.args ?? [])];
      return new Promise((resolve) => {
        execFile(process.execPath, args, { env }, (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
        );
      });
    };
    const publishedCA = async (): Promise<string> => {
      const [volume] = pod().spec.volumes;
      const name = volume?.secret.secretName ?? '';
      const { data = {} } = await cluster()
        .kubeConfig.makeApiClient(CoreV1Api)
        .readNamespacedSecret({ name, namespace: NAMESPACE });
      const keys = volume?.secret.items.map(({ key }) => key) ?? [];
      // Of the Secret, which holds keys too, nothing else.
      expect(keys).toEqual(['ca.crt']);
      return Buffer.from(data['ca.crt'] ?? '', 'base64').toString();
    };

    test('it is answered, by the name of the Service and a certificate of its CA', async () => {
      expect(await run(await publishedCA())).toEqual({ code: 0, said: 'answered\n' });
    });

    test('a certificate of another CA fails it', async () => {
      const { certificate } = await makeAuthority({ now: new Date(), commonName: 'other' });
      const { code, said } = await run(certificate);
      expect([code, said]).toEqual([1, expect.stringContaining('did not answer as it should') as string]);
    });

    test('and so does a webhook that is out', async () => {
      const ca = await publishedCA();
      await installed.stopWebhook();
      expect(await run(ca)).toMatchObject({ code: 1, said: expect.stringContaining('ECONNREFUSED') as string });
    });
  });
});
