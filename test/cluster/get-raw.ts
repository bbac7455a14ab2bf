import { request } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

/** The JSON at a path of the apiserver for which the client has no method, as this user. */
export async function getRaw(kubeConfig: KubeConfig, path: string): Promise<unknown> {
  const cluster = kubeConfig.getCurrentCluster();
  const options = { headers: {} as Record<string, string> };
  await kubeConfig.applyToHTTPSOptions(options);
  return new Promise((resolve, reject) => {
    const asked = request(`${cluster?.server ?? ''}${path}`, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve(JSON.parse(text));
      });
    });
    asked.on('error', reject).end();
  });
}
