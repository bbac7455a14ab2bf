/** Headings of docs/operations.md. */

/** Of "Lock down" and what is below it, whose commands lock-down.test.ts runs. */
export const LOCK_DOWN: readonly string[] = [
  'Lock down',
  'Session tags',
  'Without the Pod Identity agent',
  'Try it first',
];

/** Those whose commands upgrade.test.ts runs. */
export const UPGRADE: readonly string[] = ['Upgrade'];

/** Those whose commands scale.test.ts runs. */
export const SCALE: readonly string[] = ['Scale'];
