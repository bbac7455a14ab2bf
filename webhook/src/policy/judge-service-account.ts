/** What a ServiceAccount comes to, from its annotation and what was looked up around it. Pure. */
import { hash } from 'node:crypto';
import {
  LIMITS,
  PORTS,
  checkSidecarConfig,
  problem,
  writeSidecarConfig,
  type AnnotationRead,
  type Problem,
  type RoleSpec,
  type SidecarConfig,
} from '@rolechain/shared';
import { allowedRoles, patternWarnings, type Allowance } from './allowed-roles.ts';
import { lockDownFindings, mayAsk, withAllowedSource } from './lock-down.ts';
import { refuse, refuseAll, refuseProblems, type Refused } from './refusal.ts';
import { accountProblems } from './service-account-rules.ts';
import { withTags } from './session-tags.ts';
import { sidecarConfig } from '../injection/sidecar-config.ts';
import type { OtherAccounts, ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** What a judgement depends on. */
export interface JudgedBy {
  readonly account: ServiceAccount;
  readonly settings: DecideSettings;
  readonly others: OtherAccounts;
  /** The Namespace's `rolechain.io/allowed-roles`. */
  readonly patterns: string | undefined;
}

/** Reads the annotation that counts; undefined when the account asks for nothing. */
export type ReadAnnotation = (
  account: ServiceAccount,
  settings: Pick<DecideSettings, 'fluxAlias' | 'maxSessionDuration'>,
) => AnnotationRead | undefined;

export interface Accepted {
  readonly outcome: 'accepted';
  /** Of the annotation that was read: the beginning of its SHA-256, in hex. */
  readonly annotationHash: string;
  readonly roles: readonly RoleSpec[];
  /** Of all roles, with the ports of a pod that declares none of its own. */
  readonly config: SidecarConfig;
  readonly allowances: readonly Allowance[];
  readonly warnings: readonly string[];
}

/**
 * The account's roles, or why they are refused; undefined when it asks for none. No input throws. `readAccount` reads its
 * annotation.
 */
export function judge(
  { account, settings, others, patterns }: JudgedBy,
  readAccount: ReadAnnotation,
): Accepted | Refused | undefined {
  const read = readAccount(account, settings);
  if (!read) return undefined;
  const reason = account.byDefault ? 'DefaultRoleInvalid' : 'AnnotationInvalid';
  const invalid = (problems: readonly Problem[]): Refused => refuseProblems(reason, account, read.key, problems);
  const parsed = read.roles;
  if (!mayAsk(account, settings)) return refuse('AccountForbidden', account);
  if (!parsed.ok) return invalid(parsed.problems);
  const sourced = parsed.value.map((role) => withAllowedSource(role, settings));
  const tagged = withTags(sourced, account, settings);
  const { roles } = tagged;
  const forbidden = [...lockDownFindings(roles, account, settings), ...tagged.findings];
  if (forbidden.length > 0) return refuseAll(forbidden, account);
  const problems = [...tagged.problems, ...roles.flatMap((role) => accountProblems(role, account, settings, others))];
  if (problems.length > 0) return invalid(problems);
  const allowed = allowedRoles(roles, account.namespace, patterns, settings.allowedRolesPolicy);
  if (!allowed.ok) return refuse(allowed.reason, account, allowed.why);
  // The ports are those of a pod that declares none of its own: others are longer at most.
  const ports = { credentials: PORTS.credentials, health: PORTS.health };
  const config = sidecarConfig(roles, account, settings, others, ports);
  const large = tooLarge(config);
  if (large.length > 0) return invalid(large);
  // What is accepted here is accepted at the sidecar's start, by the same function.
  const checked = checkSidecarConfig(config);
  if (!checked.ok) return refuseProblems(reason, account, "the sidecar's configuration", checked.problems);
  const { allowances } = allowed;
  const annotationHash = hashOfAnnotation(read.text);
  const warnings = [...parsed.warnings, ...tagged.warnings, ...patternWarnings(patterns, account.namespace)];
  return { outcome: 'accepted', annotationHash, roles, config, allowances, warnings };
}

/** As a pod's `rolechain.io/status` carries it, so that a later change of the annotation shows. */
export function hashOfAnnotation(text: string): string {
  return hash('sha256', text).slice(0, 16);
}

/** What a pod adds to the configuration of all roles: longer ports, and a token a role. */
const CONFIG_RESERVE = 4096;

/** Aliases, escapes and defaults make the configuration longer than the annotation that it comes from. */
function tooLarge(config: SidecarConfig): Problem[] {
  const max = LIMITS.configBytes - CONFIG_RESERVE;
  const bytes = Buffer.byteLength(writeSidecarConfig(config));
  if (bytes <= max) return [];
  return [
    problem('DocumentTooLarge', '', `makes a configuration of ${bytes} bytes for the sidecar; its limit is ${max}`),
  ];
}
