import { execFileSync } from 'node:child_process';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';

/** What `kubectl kustomize` makes of a folder. Throws with its message. */
export function kustomize(kubectl: string | undefined, folder: string): KubeObject[] {
  return parseManifests(execFileSync(kubectl ?? 'kubectl', ['kustomize', folder], { encoding: 'utf8' }));
}
