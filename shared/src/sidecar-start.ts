/** How the sidecar's image starts its two programs. Dockerfile.sidecar and the startup probe say the same. */
import { PATHS } from './paths.ts';

/** Measured one by one: adr/0013. */
export const SIDECAR_START = {
  /**
   * Of node itself. Threads of V8's pool: 0 would be one a processor of the node (Node 24.21). MiB of each half of the
   * young generation: what an answer leaves is small. Flags that change V8's code would make it refuse Node's own code cache.
   */
  flags: ['--v8-pool-size=1', '--max-semi-space-size=1'],
  /** ENV of the image. One arena instead of one a thread, and freed memory goes back to the system early (glibc, mallopt). */
  environment: { NODE_ENV: 'production', MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536' },
} as const;

export const SIDECAR_COMMAND = [PATHS.imageNode, ...SIDECAR_START.flags, PATHS.imageSidecar] as const;
