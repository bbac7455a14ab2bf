/** Reviews and looks by which a right of the webhook is seen to work, or seen to fail. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { PATHS } from '@rolechain/shared';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { Api } from '../guard/api.ts';
import type { Launched } from './launch.ts';

export interface Place {
  /** Of the cluster's admin. */
  readonly api: Api;
  /** Of this run alone, for objects of its own. */
  readonly name: string;
}

export interface World extends Place {
  readonly webhook: Launched;
}

export interface Use {
  /** What works with the right, as a sentence. */
  readonly text: string;
  /** What has to be there when the webhook starts. */
  readonly before?: (place: Place) => Promise<unknown>;
  /** Waits until one of the two is seen: whether it works. */
  readonly works: (world: World) => Promise<boolean>;
}

export const ADMISSION = '/apis/admissionregistration.k8s.io/v1';

/** No webhook with all rights meets one. */
export const isDenied = ({ webhook }: World): boolean => webhook.log().includes('HTTP 403');
export const readiness = ({ webhook }: World): Promise<string> => webhook.readiness();
export const untilReady = (world: World): Promise<unknown> =>
  eventually(
    () => `it is ready: ${world.webhook.log()}`,
    async () => (await readiness(world)).startsWith('200'),
  );

type Look = () => Promise<boolean> | boolean;

export async function either(world: World, works: Look, fails: Look): Promise<boolean> {
  const look = async (): Promise<{ readonly works: boolean } | undefined> => {
    if (await fails()) return { works: false };
    return (await works()) ? { works: true } : undefined;
  };
  return (await eventually(() => `it works or fails: ${world.webhook.log()}`, look)).works;
}

/** Ready, or not for want of what /readyz names. */
export const ready = (missing: string): Use => ({
  text: 'it becomes ready',
  works: (world) =>
    either(
      world,
      async () => (await readiness(world)).startsWith('200'),
      async () => isDenied(world) && (await readiness(world)).includes(missing),
    ),
});

/** A review of /mutate or /validate, straight to the webhook: its certificate is checked as the apiserver does. */
export async function review({ api, webhook }: World, path: string, asked: object): Promise<string> {
  const { webhooks } = JSON.parse((await api.get(`${ADMISSION}/mutatingwebhookconfigurations/rolechain`)).body) as {
    webhooks: { clientConfig: { caBundle?: string } }[];
  };
  const sent = request(`https://127.0.0.1:${webhook.port}${path}`, {
    ca: Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64'),
    servername: `rolechain-webhook.${NAMESPACE}.svc`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  const body = { uid: 'a-review', operation: 'CREATE', dryRun: true, ...asked };
  sent.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: body }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return text(response);
}

export const ofKind = (kind: string): object => ({ kind: { group: '', version: 'v1', kind } });
export const reviewPod = (world: World, inNamespace: string, serviceAccountName: string): Promise<string> => {
  const object = { spec: { serviceAccountName, containers: [{ name: 'app', image: 'app:1' }] } };
  return review(world, PATHS.mutate, { ...ofKind('Pod'), namespace: inNamespace, object });
};

export const make = async ({ api }: Place, path: string, object: object): Promise<void> => {
  const { status, body } = await api.post(path, object);
  if (status !== 201) throw new Error(body);
};
