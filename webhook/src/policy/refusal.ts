/** A refusal: what was found, in the words that its author reads. Pure. */
import { LIMITS, REASONS, formatProblems, type Problem, type ReasonCode } from '@rolechain/shared';
import type { ServiceAccount } from '../objects/service-account.ts';
import { withDetail, type Finding } from './findings.ts';
import { cut, cutMessage } from '../objects/truncate.ts';

export interface Refused {
  readonly outcome: 'refused';
  readonly reason: ReasonCode;
  readonly warnings: readonly string[];
  /** What it is for; the first one's reason stands for all. */
  readonly findings: readonly Finding[];
  /** For the author: account, reason, fix and code. */
  readonly message: string;
}

export function refuse(reason: ReasonCode, account: ServiceAccount, detail = ''): Refused {
  return refuseAll([{ reason, detail }], account);
}

export function refuseProblems(
  reason: ReasonCode,
  account: ServiceAccount,
  where: string,
  problems: readonly Problem[],
): Refused {
  return refuse(reason, account, `${where}: ${formatProblems(problems)}`);
}

/** All of them in one message; the first one's reason stands for the decision. */
export function refuseAll(findings: readonly Finding[], account: ServiceAccount): Refused {
  const reason = findings[0]?.reason ?? 'PodMalformed';
  return { outcome: 'refused', reason, warnings: [], findings, message: cutMessage(describe(findings, account)) };
}

/** What is asked for, and why it can't be had. */
export function describe(findings: readonly Finding[], { namespace, name, byDefault }: ServiceAccount): string {
  const account = `ServiceAccount ${namespace}/${name}`;
  const who = byDefault
    ? `Namespace ${namespace} asks for an AWS role for its ${account}`
    : `${account} asks for an AWS role`;
  return `rolechain: ${who}, but: ${wordsOf(findings)}`;
}

/** Of each finding one sentence each of why not, where, and what to do; its code at its end. */
export function wordsOf(findings: readonly Finding[]): string {
  // A detail that fills the message would leave no room for the words of those behind it.
  const most = findings.length > 1 ? LIMITS.messageChars / 2 / findings.length : LIMITS.reviewBytes;
  const words = findings.map(({ reason, detail }) => {
    const { text, fix } = REASONS[reason];
    return `${withDetail(text, cut(detail, Math.floor(most)))} ${fix} [${reason}]`;
  });
  return words.join(' Also: ');
}
