/** Three ways for a webhook to be out, each on the port that the apiserver calls. */
import { openBlackHole } from './black-hole.ts';
import type { Installed } from './installed.ts';

export interface Outage {
  readonly name: string;
  /** Whether a call ends by the time-out of the webhook configuration alone. */
  readonly hangs: boolean;
  /** Begins it, on a webhook that answers. Resolves to its end, after which the webhook answers again. */
  readonly begin: (installed: Installed) => Promise<() => Promise<void>>;
}

export const OUTAGES: readonly Outage[] = [
  {
    name: 'stopped by SIGSTOP',
    hangs: true,
    begin: (installed) => {
      const { process } = installed.webhook();
      process.signal('SIGSTOP');
      return Promise.resolve(async () => {
        process.signal('SIGCONT');
        await installed.untilAnswered();
      });
    },
  },
  {
    name: 'dropping packets',
    hangs: true,
    begin: async (installed) => {
      await installed.stopWebhook();
      const hole = await openBlackHole(installed.port);
      return async () => {
        const held = hole.holds();
        await hole.close();
        await installed.startWebhook();
        if (!held) throw new Error('the port answered: no packet was dropped');
      };
    },
  },
  {
    name: 'refusing connections',
    hangs: false,
    begin: async (installed) => {
      await installed.stopWebhook();
      return () => installed.startWebhook();
    },
  },
];
