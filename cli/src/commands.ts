/** The commands, in the order in which --help lists them. */
import { CHECK } from './commands/check.spec.ts';
import { COMPLETION } from './commands/completion.spec.ts';
import { TRUST_POLICY } from './commands/trust-policy.spec.ts';
import type { CommandSpec } from './terminal/command.ts';

export const COMMANDS: readonly CommandSpec[] = [TRUST_POLICY, CHECK, COMPLETION];
