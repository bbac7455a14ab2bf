/** The Vertical Pod Autoscaler as far as manifests need it: its CRD, as its module has it. No controller of it runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifests } from '@rolechain/kit/manifests.ts';
import { addKinds } from '../cluster/custom-resources.ts';
import type { Api } from '../guard/api.ts';

export async function addVerticalPodAutoscaler(api: Api): Promise<void> {
  await addKinds(
    api,
    parseManifests(readFileSync(join(import.meta.dirname, 'vertical-pod-autoscaler.crd.yaml'), 'utf8')),
  );
}
