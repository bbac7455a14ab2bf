/** What an image may take, compressed, in bytes: nodes pull the sidecar's before the first pod that has it. */
import type { ImageName } from '../build/parts.ts';

const MB = 1_000_000;

export const MAX_IMAGE_BYTES = 60 * MB;
/** Beside Node and the base. */
export const MAX_OWN_BYTES: Readonly<Record<ImageName, number>> = { sidecar: 6 * MB, webhook: 12 * MB };
