/** What the tests of this folder share. */
import type { Problem } from '../problem.ts';
import { parseAssumeRole } from './parse.ts';
import type { RoleSpec } from './types.ts';

export const ARN = 'arn:aws:iam::222222222222:role/orders';
export const arn = (name: string): string => `arn:aws:iam::333333333333:role/${name}`;

/** What a document of a role ARN alone comes to. */
export const DEFAULTS: RoleSpec = {
  name: 'default',
  roleARN: ARN,
  sessionName: '{namespace}.{pod}',
  durationSeconds: 3600,
  tags: {},
  transitiveTagKeys: [],
  policyARNs: [],
  credentialSource: 'auto',
  webIdentity: 'never',
  via: [],
};

export function rolesOf(text: string): readonly RoleSpec[] {
  const parsed = parseAssumeRole(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** The only role of a document. */
export function roleOf(text: string): RoleSpec {
  const roles = rolesOf(text);
  if (roles.length !== 1) throw new Error(`${roles.length} roles`);
  return roles[0]!;
}

export function problemsOf(text: string): readonly Problem[] {
  const parsed = parseAssumeRole(text);
  return parsed.ok ? [] : parsed.problems;
}

/** `code path` of each problem. */
export const codesOf = (text: string): string[] =>
  problemsOf(text).map(({ code, path }) => (path === '' ? code : `${code} ${path}`));

/** A document with these fields beside a role ARN. */
export const document = (fields: object): string => JSON.stringify({ roleARN: ARN, ...fields });

/** 476 bytes with 8 levels: each a list of ten times the one before. */
export function bomb(levels: number): string {
  const level = (n: number): string => `k${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(', ')}]`;
  const above = Array.from({ length: levels }, (_, index) => level(index + 1));
  return `{roleARN: "${ARN}", policy: {k0: &a0 [], ${above.join(', ')}}}`;
}
