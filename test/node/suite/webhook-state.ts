/** For anyone who looks why a pod was not injected: what the webhook wrote, and whether the cluster took it for ready. */
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import type { Ran } from '../run.ts';

export async function webhookState(tryKubectl: (...args: string[]) => Promise<Ran>): Promise<string> {
  const inOurs = `--namespace=${NAMESPACE}`;
  const state = await Promise.all([
    tryKubectl('logs', 'deployment/rolechain-webhook', inOurs, '--tail=500'),
    tryKubectl('get', 'pods,endpointslices', inOurs, '--output=wide'),
    tryKubectl('get', 'nodes', '--output=wide'),
    tryKubectl('get', 'events', inOurs),
  ]);
  return state.map(({ stdout, stderr }) => stdout + stderr).join('\n');
}
