import { LIMITS } from '@rolechain/shared';
import { BOUNDED_HTTP } from './idle-connections.ts';

/** What both ports of the sidecar have in common. Times in milliseconds. */
export const HTTP_OPTIONS = {
  logger: false,
  // Some SDKs leak a kept-alive connection a refresh (aws-sdk-js-v3 #7913): they must not pile up.
  keepAliveTimeout: 5_000,
  // Over the time that a request is held; ends connections on which nothing moves.
  connectionTimeout: 10_000,
  requestTimeout: 5_000,
  maxRequestsPerSocket: LIMITS.sidecarConnectionRequests,
  bodyLimit: 1024,
  // A request that comes while the server closes is answered like any other.
  return503OnClosing: false,
  forceCloseConnections: 'idle',
  exposeHeadRoutes: false,
  http: {
    ...BOUNDED_HTTP,
    // Slow ones hold it in memory, see connections.ts.
    maxHeaderSize: LIMITS.sidecarHeadBytes,
    // A request without Host gets our answer, not Node's bare 400.
    requireHostHeader: false,
    connectionsCheckingInterval: 5_000,
    headersTimeout: 5_000,
  },
} as const;
