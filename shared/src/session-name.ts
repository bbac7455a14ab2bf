import { createHash } from 'node:crypto';
import { LIMITS } from './limits.ts';

/** What a session-name template may name. */
export const PLACEHOLDERS = ['namespace', 'serviceAccount', 'pod', 'cluster'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
export type SessionNameValues = Readonly<Partial<Record<Placeholder, string>>>;

/** Shows namespace and pod in CloudTrail and in `aws sts get-caller-identity`. */
export const DEFAULT_SESSION_NAME = '{namespace}.{pod}';

const PLACEHOLDER = /\{([^{}]*)\}/g;
const HASH_LENGTH = 10;

/** The names between braces that are no placeholders, and stray braces as `{` or `}`. */
export function unknownPlaceholders(template: string): string[] {
  const unknown: string[] = [];
  const rest = template.replace(PLACEHOLDER, (_whole, name: string) => {
    if (!isPlaceholder(name)) unknown.push(`{${name}}`);
    return '';
  });
  const stray = /[{}]/.exec(rest);
  if (stray) unknown.push(stray[0]);
  return unknown;
}

/** The placeholders that a template names. */
export function placeholdersOf(template: string): Placeholder[] {
  return [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '').filter(isPlaceholder);
}

/**
 * A template's result as RoleSessionName takes it: 2-64 of `[\w+=,.@-]` (STS API reference).
 * Where the result had to be changed (a character replaced by `-`, too long, too short) it ends in a
 * hash of the whole, so that two pods never share a name by accident.
 */
export function sessionName(template: string, values: SessionNameValues): string {
  const whole = template.replace(PLACEHOLDER, (text, name: string) =>
    isPlaceholder(name) ? (values[name] ?? '') : text,
  );
  const clean = whole.replace(/[^A-Za-z0-9_+=,.@-]/g, '-');
  if (clean === whole && clean.length >= LIMITS.sessionNameMin && clean.length <= LIMITS.sessionNameMax) return clean;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, HASH_LENGTH);
  return `${clean.slice(0, LIMITS.sessionNameMax - HASH_LENGTH - 1)}-${hash}`;
}

/** The template with what is known; a placeholder whose value isn't stays as it is. */
export function fillSessionName(template: string, values: SessionNameValues): string {
  return template.replace(PLACEHOLDER, (text, name: string) => (isPlaceholder(name) ? (values[name] ?? text) : text));
}

function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}
