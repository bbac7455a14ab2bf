/** How the webhook's image starts its program; the image's entrypoint is node. Dockerfile.webhook says the same. */
import { PATHS } from './paths.ts';

/**
 * MiB of each half of V8's young generation. The pages of a long list make it grow to its limit, and it stays there: by
 * the usual limit, 100,000 ServiceAccounts leave 60 MiB more resident (`bench accounts`).
 */
export const WEBHOOK_FLAGS = ['--max-semi-space-size=8'] as const;

export const WEBHOOK_COMMAND = [...WEBHOOK_FLAGS, PATHS.imageWebhook] as const;
