/** Headings of docs/operations.md. */

/** Of "Lock down" and what is below it, whose commands lock-down.test.ts runs. */
export const LOCK_DOWN: readonly string[] = [
  'Lock down',
  'Session tags',
  'Without the Pod Identity agent',
  'Try it first',
];

/** Those whose commands test/prometheus/monitoring.test.ts runs. */
export const MONITOR: readonly string[] = ['Alerts and a dashboard'];

/** Those whose commands test/webhook/events.test.ts runs. */
export const EVENTS: readonly string[] = ['Events'];

/** Those whose commands upgrade.test.ts runs. */
export const UPGRADE: readonly string[] = ['Upgrade'];

/** Those whose commands test/rotation runs. */
export const ROTATE: readonly string[] = ['Rotate'];

/** Those whose commands scale.test.ts runs. */
export const SCALE: readonly string[] = ['Scale'];
