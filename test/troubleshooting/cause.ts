/** Cause and fix of a code, from the table that has it: none is written here. */
import { ERRORS, REASONS, type ErrorCode, type ReasonCode } from '@rolechain/shared';
import { FOUND } from '../../cli/src/explanation/codes.ts';

/** What Kubernetes itself says, in its words; no table of ours has it. */
export const KUBERNETES = {
  FailedCreate: { text: 'exceeded quota', fix: '' },
} as const satisfies Record<string, Cause>;

export interface Cause {
  readonly text: string;
  readonly fix: string;
}

export type Code = ErrorCode | ReasonCode | keyof typeof FOUND | keyof typeof KUBERNETES;

const TABLES: readonly Readonly<Record<string, Cause>>[] = [ERRORS, REASONS, FOUND, KUBERNETES];

export function causeOf(code: Code): Cause {
  const cause = TABLES.find((table) => Object.hasOwn(table, code))?.[code];
  if (!cause) throw new Error(`no table has ${code}`);
  return cause;
}
