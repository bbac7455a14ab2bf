/**
 * Makes the code cache of the webhook beside it: runs the program, beside a stand-in for the Kubernetes API, until it is
 * ready, which it is once it has answered reviews of its own, and writes down what V8 has compiled by then. Runs in the
 * image's build on the image's node, so it is a bundle of its own and needs nothing but Node.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { startKubeDouble } from '@rolechain/doubles/kube.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { ANNOTATIONS, ENV, PATHS } from '@rolechain/shared';
import { writeCodeCache } from './write-code-cache.ts';

const ACCOUNT = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: {
    name: 'example',
    namespace: 'default',
    annotations: { [ANNOTATIONS.assumeRole.key]: 'arn:aws:iam::111111111111:role/example' },
  },
};
const NAMESPACES = ['default', NAMESPACE].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
const CONFIGURATIONS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'].map((kind) => {
  const clientConfig = { service: { name: 'rolechain-webhook', namespace: NAMESPACE } };
  const webhooks = [{ name: 'pods.rolechain.io', clientConfig }];
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: 'rolechain' }, webhooks };
});

async function prepare(root: string): Promise<() => Promise<void>> {
  const api = await startKubeDouble({ objects: [ACCOUNT, ...NAMESPACES, ...CONFIGURATIONS] });
  const [kubeconfig, settings] = [join(root, 'kubeconfig'), join(root, 'settings.yaml')];
  writeFileSync(kubeconfig, api.kubeconfig, { mode: 0o600 });
  const [port, healthPort] = [await freePort(), await freePort()];
  const address = { address: '127.0.0.1', port, healthPort };
  writeFileSync(
    settings,
    JSON.stringify({ ...address, sidecarImage: 'example', region: 'us-east-1', events: false, logLevel: 'error' }),
  );
  Object.assign(process.env, { KUBECONFIG: kubeconfig, [ENV.namespace]: NAMESPACE });
  process.argv.push('--settings', settings);
  // What runs once, at the start, is the most of it: V8 would have forgotten that by then.
  setFlagsFromString('--no-flush-bytecode');
  return async () => {
    await eventually('the webhook is ready', async () => {
      const { ok } = await fetch(`http://127.0.0.1:${healthPort}${PATHS.readyz}`);
      return ok;
    });
    // V8 writes down its flags, and takes the cache only under the same.
    setFlagsFromString('--flush-bytecode');
  };
}

writeCodeCache('webhook', prepare);
