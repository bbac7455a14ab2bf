/** What a reference to an image says of it (distribution/reference). */

/** The registry of the manifests as they come: `.example` is nobody's (RFC 2606), and no node can pull from it. */
const PLACEHOLDER = 'registry.example/';
/** Of someone who builds and tries on one machine. */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//;
const DIGEST = /@sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/;

export const isPlaceholderImage = (image: string): boolean => image.startsWith(PLACEHOLDER);

/** Whether it names one image for good. */
export const isByDigest = (image: string): boolean => DIGEST.test(image);

/** Whether someone else may give another image that name. */
export const isMovable = (image: string): boolean =>
  !isByDigest(image) && !isPlaceholderImage(image) && !LOOPBACK.test(image);
