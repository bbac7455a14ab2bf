/** The commands, in the order in which --help lists them. */
import { CHECK } from './commands/check.spec.ts';
import { makeCompletion } from './commands/completion.spec.ts';
import { CREDENTIAL_PROCESS } from './commands/credential-process.spec.ts';
import { DOCTOR } from './commands/doctor.spec.ts';
import { EXPLAIN } from './commands/explain.spec.ts';
import { INJECT } from './commands/inject.spec.ts';
import { MIGRATE } from './commands/migrate.spec.ts';
import { SCAN } from './commands/scan.spec.ts';
import { STATUS } from './commands/status.spec.ts';
import { TRUST_POLICY } from './commands/trust-policy.spec.ts';
import { UNINJECT } from './commands/uninject.spec.ts';
import { WHOIS } from './commands/whois.spec.ts';
import { optionsOf } from './terminal/common-options.ts';
import type { CommandSpec } from './terminal/command.ts';

export const COMMANDS: readonly CommandSpec[] = [
  INJECT,
  UNINJECT,
  EXPLAIN,
  STATUS,
  DOCTOR,
  TRUST_POLICY,
  CHECK,
  CREDENTIAL_PROCESS,
  MIGRATE,
  SCAN,
  WHOIS,
  makeCompletion(() => COMMANDS, optionsOf),
];
