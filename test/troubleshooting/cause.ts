/** Cause and fix of a code, from the table that has it: none is written here. */
import { ERRORS, REASONS, type ErrorCode, type ReasonCode } from '@rolechain/shared';
import { INSTALLATION } from '../../cli/src/doctor/installation.ts';
import { FOUND, type FoundCode } from '../../cli/src/explanation/codes.ts';

export interface Cause {
  readonly text: string;
  readonly fix: string;
}

/** A check of `rolechain doctor` stands for what it finds: what should be is its text. */
export type Code = ErrorCode | ReasonCode | FoundCode | `doctor ${string}`;

const CHECKS = Object.fromEntries(INSTALLATION.map(({ id, what, fix }) => [`doctor ${id}`, { text: what, fix }]));
const TABLES: readonly Readonly<Record<string, Cause>>[] = [ERRORS, REASONS, FOUND, CHECKS];

export function causeOf(code: Code): Cause {
  const cause = TABLES.find((table) => Object.hasOwn(table, code))?.[code];
  if (!cause) throw new Error(`no table has ${code}`);
  return cause;
}
