/** What an admission server of a test is made of: one account, shop/orders, and no cluster. */
import type { Logger } from '@rolechain/shared';
import type { ServerOptions } from '../endpoint/server.ts';
import { makeJudgements } from '../policy/judgements.ts';
import { makeMetrics } from '../telemetry/metrics.ts';
import { SETTINGS, account, randomSource } from './fixtures.ts';

/** `log`: of pino's methods those that are called. */
export function serverOptions(log: object, changes: Partial<ServerOptions> = {}): ServerOptions {
  return {
    lookup: (_namespace, name) => Promise.resolve(name === 'orders' ? account() : undefined),
    lookupNamespace: () => Promise.resolve({}),
    settings: () => SETTINGS,
    notReady: () => [],
    judgements: makeJudgements(),
    metrics: makeMetrics(),
    log: log as Logger,
    // The product's bound would judge the machine.
    requestMs: 600_000,
    ...randomSource(),
    ...changes,
  };
}
