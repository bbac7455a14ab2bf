/** Whether a webhook's patch does the work that is compared: a fast one that does less would be no peer. */
import { readFile } from 'node:fs/promises';
import { allContainers, type Pod } from '@rolechain/kit/pod.ts';
import { ENV, SIDECAR } from '@rolechain/shared';
import type { ReviewResponse } from '@rolechain/webhook';
import { call } from '@rolechain/webhook/testing/https.ts';
import { patched } from '@rolechain/webhook/testing/server.ts';
import { ANNOTATED, type Review } from './reviews.ts';
import type { Target } from './webhooks.ts';

/** What a pod of an annotated account lacks after its admission; empty when it has sidecar, variables and volumes. */
export function missingOf(pod: Pod): string[] {
  const [first, ...others] = allContainers(pod);
  const sidecar = first?.name === SIDECAR.name && first.restartPolicy === 'Always' && (first.env ?? []).length > 0;
  return [
    ...(sidecar ? [] : ['the sidecar']),
    ...(pod.spec.volumes?.some(({ name }) => name === SIDECAR.tokenVolume) ? [] : ['the volume']),
    ...others.flatMap(({ name, env = [], volumeMounts = [] }) => [
      ...(env.some((variable) => variable.name === ENV.fullURI && variable.value) ? [] : [`the variables of ${name}`]),
      ...(volumeMounts.some((mount) => mount.name === SIDECAR.tokenVolume) ? [] : [`the mount of ${name}`]),
    ]),
  ];
}

/** Sends one review and looks at the pod that comes of it. Rejects where it isn't as its account asks. */
export async function mustPatch({ name, url, caFile }: Target, review: string): Promise<void> {
  const { port, pathname } = new URL(url);
  const headers = { 'content-type': 'application/json' };
  const ca = await readFile(caFile, 'utf8');
  const { text } = await call({ port: Number(port), ca, path: pathname, method: 'POST', headers, body: review });
  const { response } = JSON.parse(text) as { response: ReviewResponse['response'] };
  if (!response.allowed) throw new Error(`${name} refused a pod: ${text.slice(0, 300)}`);
  const { object } = (JSON.parse(review) as Review).request;
  const isAnnotated = object.spec.serviceAccountName === ANNOTATED;
  if (!isAnnotated && response.patch !== undefined) throw new Error(`${name} changed a pod that asks for nothing`);
  const missing = isAnnotated ? missingOf(response.patch === undefined ? object : patched(object, response)) : [];
  if (missing.length > 0) throw new Error(`${name} left a pod without ${missing.join(', ')}`);
}
