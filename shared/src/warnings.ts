/** Warnings that have a code: who writes an object is told of them, and the log. */
interface WarningEntry {
  readonly text: string;
  readonly fix: string;
}

/** The one table of them; docs/errors.md is generated from it. */
export const WARNINGS = {
  PodsKeepRoles: {
    text: 'Running pods keep the roles that they have.',
    fix: 'Recreate them: kubectl rollout restart.',
  },
  SidecarImageByTag: {
    text: 'The setting sidecarImage is a tag, which may move.',
    fix: 'Write name@sha256:... instead.',
  },
  ClocksDiffer: {
    text: "The clocks of the webhook's replicas differ: each finds the certificates of another not valid yet, or ended.",
    fix: 'Correct the clocks of their nodes, then restart the webhook: kubectl rollout restart -n rolechain deployment/rolechain-webhook.',
  },
} as const satisfies Record<string, WarningEntry>;
export type WarningCode = keyof typeof WARNINGS;

/** In one line, as `kubectl` shows it. */
export function warningText(code: WarningCode): string {
  const { text, fix } = WARNINGS[code];
  return `rolechain: ${text} ${fix} [${code}]`;
}

/** What a line of the log says of it. */
export function warningFields(code: WarningCode): Readonly<Record<'code' | 'error' | 'fix', string>> {
  const { text, fix } = WARNINGS[code];
  return { code, error: text, fix };
}
