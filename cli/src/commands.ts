/** The commands, in the order in which --help lists them. */
import { COMPLETION } from './commands/completion.spec.ts';
import { DOCTOR } from './commands/doctor.spec.ts';
import { MIGRATE } from './commands/migrate.spec.ts';
import type { CommandSpec } from './terminal/command.ts';

export const COMMANDS: readonly CommandSpec[] = [DOCTOR, MIGRATE, COMPLETION];
