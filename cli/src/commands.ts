/** The commands, in the order in which --help lists them. */
import { COMPLETION } from './commands/completion.spec.ts';
import { CREDENTIAL_PROCESS } from './commands/credential-process.spec.ts';
import { WHOIS } from './commands/whois.spec.ts';
import type { CommandSpec } from './terminal/command.ts';

export const COMMANDS: readonly CommandSpec[] = [CREDENTIAL_PROCESS, WHOIS, COMPLETION];
