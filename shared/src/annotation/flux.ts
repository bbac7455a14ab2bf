/**
 * Flux's annotation `aws.auth.fluxcd.io/assume-role` as an alias of ours: `{roleARN, useServiceAccount}`, read as
 * Flux reads it (fluxcd/pkg, auth, pull request 1088), that is through Go's YAML 1.1 and JSON decoders.
 */
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { ANNOTATIONS, FOREIGN_KEYS } from '../annotations.ts';
import { parseRoleARN } from '../arn.ts';
import { LIMITS } from '../limits.ts';
import { problem, show, type Result } from '../problem.ts';
import { check } from '../schema.ts';
import { parseAssumeRole, roleOf } from './parse.ts';
import type { RoleSpec } from './types.ts';
import { readMap, readYAML, type Dialect } from './document.ts';
import { DEFAULT_ROLE, NO_ROLE } from '../kubernetes.ts';
import { ROLE_ARN } from './role-arn.ts';

/** YAML 1.1 as Go's decoder takes it: of repeated keys the last holds, tags and later documents are passed over. */
const YAML_1_1: Dialect = {
  options: { version: '1.1', stringKeys: true, logLevel: 'error' },
  uniqueKeys: false,
  tolerates: ({ code }) => code === 'MULTIPLE_DOCS' || code === 'TAG_RESOLVE_FAILED',
};

/** Flux's fields, in the spelling of its documentation. */
const DOCUMENT = v.object({ roleARN: ROLE_ARN.flux, useServiceAccount: v.optional(v.boolean('true or false'), false) });
const FIELDS = ['roleARN', 'useServiceAccount'] as const;

/**
 * Reads Flux's annotation by Flux's rules: keys in any case, unknown fields ignored with a warning, YAML 1.1
 * booleans, no bare ARN. `useServiceAccount: true` is credentialSource irsa. Without it Flux's own identity is
 * the base; here it is the pod's. Pure; no input throws.
 */
export function parseFluxAssumeRole(
  text: string,
  durationSeconds: number = LIMITS.durationDefaultSeconds,
): Result<readonly RoleSpec[]> {
  const data = readYAML(text, YAML_1_1);
  if (!data.ok) return data;
  const document = readMap(data.value);
  if (!document.ok) return document;
  const { fields, ignored } = fluxFields(document.value);
  const checked = check(DOCUMENT, fields);
  if (!checked.ok) return checked;
  const { roleARN, useServiceAccount } = checked.value;
  const written = { roleARN, ...(useServiceAccount ? { credentialSource: 'irsa' as const } : {}) };
  const spec = roleOf(DEFAULT_ROLE, written, durationSeconds);
  return { ok: true, value: [spec], warnings: warningsOf(roleARN, ignored) };
}

/** Go's encoding/json: fields in any case; of several spellings the last in byte order holds; null is as absent. */
function fluxFields(document: Readonly<Record<string, unknown>>) {
  const fields: Partial<Record<(typeof FIELDS)[number], unknown>> = {};
  const ignored: string[] = [];
  const byBytes = Object.entries(document).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const [name, value] of byBytes) {
    const field = FIELDS.find((known) => fold(known) === fold(name));
    if (field === undefined) ignored.push(name);
    else if (value !== null && value !== undefined) fields[field] = value;
  }
  return { fields, ignored };
}

/** Letters in any case; by both ways, so that the long s and the Kelvin sign fold as in Go. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}

function warningsOf(roleARN: string, ignored: readonly string[]): string[] {
  const { key } = ANNOTATIONS.assumeRole;
  const names = ignored.slice(0, 3).map(show).join(', ');
  const more = ignored.length > 3 ? ` and ${ignored.length - 3} more` : '';
  return [
    ...(ignored.length === 0 ? [] : [`${names}${more}: no field of Flux, ignored; use ${key} for more`]),
    ...(parseRoleARN(roleARN) ? [] : ['roleARN: Flux takes it, but IAM knows no such ARN']),
  ];
}

/** A ServiceAccount's annotation, ours or Flux's, and what it asks for. */
export interface AnnotationRead {
  readonly key: string;
  /** As it is written. */
  readonly text: string;
  readonly roles: Result<readonly RoleSpec[]>;
}

/**
 * The annotation that counts; undefined when the account asks for nothing, or for `none`. Flux's counts only where it is enabled
 * and ours is absent. Where both count they must ask for the same.
 */
export function readAnnotation(given: {
  readonly ours: string | undefined;
  readonly flux: string | undefined;
  readonly fluxEnabled: boolean;
  /** Of sessions for which nothing is written; default LIMITS.durationDefaultSeconds. */
  readonly durationSeconds?: number;
}): AnnotationRead | undefined {
  const { ours, fluxEnabled, durationSeconds } = given;
  if (ours === NO_ROLE) return undefined;
  // Flux takes an empty value for none.
  const flux = fluxEnabled && given.flux !== '' ? given.flux : undefined;
  if (ours === undefined) {
    if (flux === undefined) return undefined;
    return { key: FOREIGN_KEYS.fluxAssumeRole, text: flux, roles: parseFluxAssumeRole(flux, durationSeconds) };
  }
  const { key } = ANNOTATIONS.assumeRole;
  const roles = parseAssumeRole(ours, durationSeconds);
  if (flux === undefined || !roles.ok) return { key, text: ours, roles };
  const others = parseFluxAssumeRole(flux, durationSeconds);
  const same = others.ok && isDeepStrictEqual(others.value, roles.value);
  return { key, text: ours, roles: same ? roles : { ok: false, problems: [DIFFERENT] } };
}

const DIFFERENT = problem(
  'FieldConflict',
  FOREIGN_KEYS.fluxAssumeRole,
  `stands beside ${ANNOTATIONS.assumeRole.key} and asks for something else`,
  'leave one of the two annotations out',
);
