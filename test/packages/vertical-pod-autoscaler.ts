/** The Vertical Pod Autoscaler as far as manifests need it: its CRD, as its module has it. No controller of it runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifests } from '@rolechain/kit/manifests.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { Api } from '../guard/api.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export async function addVerticalPodAutoscaler(api: Api): Promise<void> {
  const [crd] = parseManifests(readFileSync(join(import.meta.dirname, 'vertical-pod-autoscaler.crd.yaml'), 'utf8'));
  if (!crd) throw new Error('the file has no CRD');
  const { status, body } = await api.apply(`${CRDS}/${crd.metadata.name}`, crd);
  if (status >= 300) throw new Error(body);
  await until('its group is served', PATIENCE_MS, async () => {
    return (await api.get('/apis/autoscaling.k8s.io/v1/verticalpodautoscalers')).status === 200;
  });
}
