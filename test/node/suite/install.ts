/** Installs manifests/install.yaml as a user does: with a kustomization that names images and settings. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { REGION, type Aws } from '../../fixture/aws.ts';
import { ROOT } from '../../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import type { Given } from './given.ts';
import type { Kube } from './kube.ts';

export const NAME = 'rolechain-webhook';

/** Applies it and waits for the Deployment. Returns what takes it away again. */
export async function install(kube: Kube, given: Given, { sts, agent }: Aws): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-install-'));
  await copyFile(join(ROOT, 'manifests', 'install.yaml'), join(folder, 'install.yaml'));
  const settings = {
    sidecarImage: given.sidecarImage,
    region: REGION,
    stsEndpoint: sts.url,
    agentEndpoints: [agent.credentialsUrl],
  };
  await writeFile(join(folder, 'kustomization.yaml'), kustomization(given.webhookImage, stringify(settings)));
  await kube.kubectl('apply', `--kustomize=${folder}`);
  await kube.kubectl('rollout', 'status', `deployment/${NAME}`, `--namespace=${NAMESPACE}`, '--timeout=100s');
  return async () => {
    await kube.kubectl('delete', '--ignore-not-found', `--kustomize=${folder}`);
    await rm(folder, { recursive: true });
  };
}

function kustomization(image: string, settings: string): string {
  const target = (kind: string): object => ({ kind, name: NAME });
  const tagAt = image.lastIndexOf(':');
  return stringify({
    resources: ['install.yaml'],
    images: [
      { name: 'registry.example/rolechain/webhook', newName: image.slice(0, tagAt), newTag: image.slice(tagAt + 1) },
    ],
    replicas: [{ name: NAME, count: 1 }],
    patches: [
      {
        target: target('ConfigMap'),
        patch: JSON.stringify([{ op: 'replace', path: '/data/settings.yaml', value: settings }]),
      },
      // Clusters of tests may have no DNS; the webhook needs none.
      {
        target: target('Deployment'),
        patch: JSON.stringify([{ op: 'add', path: '/spec/template/spec/dnsPolicy', value: 'Default' }]),
      },
    ],
  });
}
