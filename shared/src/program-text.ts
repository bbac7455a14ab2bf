import { VERSION } from './version.ts';

export interface ProgramHelp {
  /** What it does, and how it is called. */
  readonly usage: string;
  readonly example: string;
}

/** What a program prints instead of starting, by its arguments; undefined: it starts. */
export function programText(args: readonly string[], { usage, example }: ProgramHelp): string | undefined {
  if (args.includes('--version')) return `${VERSION}\n`;
  if (args.includes('--help') || args.includes('-h')) return `${usage}\n\nExample:\n  ${example}\n`;
  return undefined;
}
