import { ERROR_GROUPS, REASONS, WARNINGS, type ReasonEntry } from '@rolechain/shared';

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** docs/errors.md: every reason and error code with its cause and fix. */
export function errorsPage(): string {
  const reasons = Object.entries(REASONS as Record<string, ReasonEntry>).map(
    ([code, { outcome, text, fix }]) => `| \`${code}\` | ${outcome} | ${cell(text)} | ${cell(fix)} |`,
  );
  const groups = Object.entries(ERROR_GROUPS).map(([title, entries]) => {
    const rows = Object.entries(entries).map(
      ([code, { status, text, fix }]) => `| \`${code}\` | ${status} | ${cell(text)} | ${cell(fix)} |`,
    );
    return `## ${title}\n\n| code | status | what happened | what to do |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  const warnings = Object.entries(WARNINGS).map(
    ([code, { text, fix }]) => `| \`${code}\` | ${cell(text)} | ${cell(fix)} |`,
  );
  return `# Reasons and errors

Made from \`shared/src/reasons.ts\` and \`shared/src/errors.ts\` by \`pnpm generate\`.

## What becomes of a pod

A refused pod's message ends in the code in brackets. A pod whose account asks and in which no container
gets a role carries the code in \`rolechain.io/skipped\`; a container that is left alone has it in \`rolechain.io/status\`.
With the setting \`conflicts: warn\` a conflict skips instead of refusing.

| code | outcome | what happened | what to do |
|---|---|---|---|
${reasons.join('\n')}

## Warnings

What is admitted and may surprise. Who writes the object is told, as \`kubectl\` shows it; what is said of the settings also stands in the
webhook's log, once at its start.

| code | what happened | what to do |
|---|---|---|
${warnings.join('\n')}

## Codes of errors

An error's status is that of the HTTP answer that carries it: 503 may pass without a change,
4xx needs somebody's change. The sidecar retries both, at [a pace](faults.md#the-pace-of-tries) that requests don't change.

${groups.join('\n')}`;
}
