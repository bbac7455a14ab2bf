/** The commands, in the order in which --help lists them. */
import { COMPLETION } from './commands/completion.spec.ts';
import { SCAN } from './commands/scan.spec.ts';
import { STATUS } from './commands/status.spec.ts';
import type { CommandSpec } from './terminal/command.ts';

export const COMMANDS: readonly CommandSpec[] = [STATUS, SCAN, COMPLETION];
