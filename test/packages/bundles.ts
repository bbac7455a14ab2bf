/** What the webhook adds to its configurations, by the code and under the field manager of the webhook. */
import type { KubeConfig } from '@kubernetes/client-node';
import { makeAuthority, publishCaBundle, readConfiguration, webhookConfigurationApi } from '@rolechain/certs';
import { WEBHOOK_CONFIGURATION_KINDS } from '@rolechain/shared';
import type { KubeObject } from '@rolechain/kit/manifests.ts';

export const CONFIGURATION = 'rolechain';

export interface Publisher {
  /** base64 of PEM. */
  readonly bundle: string;
  readonly publish: () => Promise<void>;
}

export async function makePublisher(kubeConfig: KubeConfig): Promise<Publisher> {
  const { certificate } = await makeAuthority({ now: new Date(), commonName: 'test CA' });
  return {
    bundle: Buffer.from(certificate).toString('base64'),
    publish: async () => {
      for (const kind of WEBHOOK_CONFIGURATION_KINDS) {
        const options = { api: webhookConfigurationApi(kubeConfig, kind), configurationName: CONFIGURATION };
        await publishCaBundle(await readConfiguration(options), { bundle: certificate }, options);
      }
    },
  };
}

export const configurationsOf = (objects: readonly KubeObject[]): KubeObject[] =>
  objects.filter(({ kind }) => (WEBHOOK_CONFIGURATION_KINDS as readonly string[]).includes(kind));

/** `caBundle` of each webhook of a configuration. */
export function bundlesOf({ body }: { readonly body: string }): (string | undefined)[] {
  const { webhooks } = JSON.parse(body) as { webhooks: { clientConfig: { caBundle?: string } }[] };
  return webhooks.map(({ clientConfig }) => clientConfig.caBundle);
}
