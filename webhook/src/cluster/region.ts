import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { deadline, describeFailure } from '@rolechain/certs';
import { CodedError, FOREIGN_KEYS } from '@rolechain/shared';

/**
 * The Region of the webhook's own node, from the label that every cloud provider sets. Rejects with
 * CodedError RegionUnknown: without a Region a container would ask the wrong STS, or none.
 */
export async function nodeRegion(kubeConfig: KubeConfig, nodeName: string | undefined): Promise<string> {
  if (nodeName === undefined || nodeName === '')
    throw new CodedError('RegionUnknown', 'The name of the node is not known either.');
  let region: string | undefined;
  try {
    const node = await kubeConfig.makeApiClient(CoreV1Api).readNode({ name: nodeName }, deadline(5000));
    region = node.metadata?.labels?.[FOREIGN_KEYS.nodeRegionLabel];
  } catch (error) {
    throw new CodedError('RegionUnknown', `Node ${nodeName} can't be read: ${describeFailure(error)}.`, {
      cause: error,
    });
  }
  if (region === undefined || region === '') {
    throw new CodedError('RegionUnknown', `Node ${nodeName} has no label ${FOREIGN_KEYS.nodeRegionLabel}.`);
  }
  return region;
}
