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
    text: "Clocks of the webhook's replicas differ by months.",
    fix: 'Correct them, then restart the webhook.',
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
