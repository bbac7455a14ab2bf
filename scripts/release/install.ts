/** The manifests of a release: install.yaml with the images that belong to it, by digest. */
import { VERSION } from '@rolechain/shared';
import { IMAGES, type ImageName } from '../build/parts.ts';

/** In the place of a registry in manifests/. */
export const NO_REGISTRY = 'registry.example';

/** `sha256:…` of each program's image index. */
export type Digests = Readonly<Record<ImageName, string>>;

/** As pods name it: the tag is for people, and the digest counts. */
export const imageOf = (registry: string, program: ImageName, digests: Digests): string =>
  `${registry}/rolechain/${program}:${VERSION}@${digests[program]}`;

/** Throws where `manifest` doesn't name each image once. */
export function withImages(manifest: string, registry: string, digests: Digests): string {
  return IMAGES.reduce((text, program) => {
    const placeholder = `${NO_REGISTRY}/rolechain/${program}:${VERSION}`;
    const parts = text.split(placeholder);
    if (parts.length !== 2) throw new Error(`install.yaml names ${placeholder} ${parts.length - 1} times, not once`);
    return parts.join(imageOf(registry, program, digests));
  }, manifest);
}
