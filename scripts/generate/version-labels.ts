/** The version in manifests, which is that of shared/src/version.ts: labels, and the tags of our images and of the repository. Pure. */
import { VERSION } from '@rolechain/shared';

const LABEL = /(?<=^ *app\.kubernetes\.io\/version: )\S+$/gm;
const IMAGE = /(?<=\bregistry\.[a-z]+\/rolechain\/(?:webhook|sidecar):)[\w.-]+/g;
/** In a kustomization. */
const OTHERS = [/(?<=^ *newTag: )\S+$/gm, /(?<=\?ref=v)\S+$/gm];

export function withVersion(text: string, version = VERSION): string {
  return [LABEL, IMAGE, ...OTHERS].reduce((written, place) => written.replace(place, version), text);
}
