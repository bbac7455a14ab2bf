/** The commands, in the order in which --help lists them. */
import { makeCompletion } from './commands/completion.spec.ts';
import { EXPLAIN } from './commands/explain.spec.ts';
import { INJECT } from './commands/inject.spec.ts';
import { SCAN } from './commands/scan.spec.ts';
import { STATUS } from './commands/status.spec.ts';
import { UNINJECT } from './commands/uninject.spec.ts';
import { optionsOf } from './terminal/common-options.ts';
import type { CommandSpec } from './terminal/command.ts';

export const COMMANDS: readonly CommandSpec[] = [
  INJECT,
  UNINJECT,
  EXPLAIN,
  STATUS,
  SCAN,
  makeCompletion(() => COMMANDS, optionsOf),
];
