/**
 * What is answered under `mode: audit`: every object passes as it is, and its author and the audit log are told what would
 * have become of it. Pure.
 */
import { LIMITS, reasonEntry, type ReasonCode } from '@rolechain/shared';
import type { ReviewResponse, WrittenDecision } from './review.ts';
import type { Decision } from '../policy/decision.ts';
import { truncateWarnings } from '../objects/truncate.ts';

/** The setting `mode`. */
export type Mode = 'enforce' | 'audit';

/** In every line of the log, so that a line of an audit isn't taken for more. */
export const modeFields = (mode: Mode): { readonly mode?: Mode } => (mode === 'audit' ? { mode } : {});

const PREFIX = 'rolechain (mode: audit) would';

/** A refusal, in the words of an audit. */
export const wouldRefuse = (what: 'it' | 'this pod', message: string): string => `${PREFIX} refuse ${what}: ${message}`;

/** The answer to a pod: `answer` is the one that `mode: enforce` would give. */
export function auditPod(answer: ReviewResponse, decision: Decision): ReviewResponse {
  return passed(answer, decision.outcome, decision.reason, [...wouldBe(decision), ...decision.warnings]);
}

/** The answer to who writes a ServiceAccount or a Namespace. */
export function auditWritten(answer: ReviewResponse, { reason, message, warnings }: WrittenDecision): ReviewResponse {
  if (message === undefined) return passed(answer, 'accepted', reason, warnings);
  return passed(answer, 'refused', reason, [...inWarnings(wouldRefuse('it', message)), ...warnings]);
}

/** In one sentence; nothing of a pod whose account does not ask. */
function wouldBe(decision: Decision): readonly string[] {
  if (decision.outcome === 'refused') return inWarnings(wouldRefuse('this pod', decision.message));
  if (decision.outcome === 'injected') {
    const holders = decision.containers
      .filter(({ roles }) => roles.length > 0)
      .map(({ name, roles }) => `${name}=${roles.join('+')}`);
    return inWarnings(`${PREFIX} inject this pod: ${holders.join(', ')}`);
  }
  return decision.marked ? inWarnings(`${PREFIX} skip this pod: ${skipText(decision.reason)}`) : [];
}

function skipText(reason: ReasonCode): string {
  return `${reasonEntry(reason).text} [${reason}]`;
}

/** A text in as many warnings as it takes: the apiserver passes on no longer ones. Words stay whole where they can. */
export function inWarnings(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest !== '') {
    const space = rest.length > LIMITS.warningChars ? rest.lastIndexOf(' ', LIMITS.warningChars) : rest.length;
    const end = space > 0 ? space : LIMITS.warningChars;
    pieces.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  return pieces;
}

function passed(
  { response, ...review }: ReviewResponse,
  outcome: string,
  reason: string,
  warnings: readonly string[],
): ReviewResponse {
  return {
    ...review,
    response: {
      uid: response.uid,
      allowed: true,
      ...(warnings.length > 0 ? { warnings: truncateWarnings(warnings) } : {}),
      auditAnnotations: { mode: 'audit', outcome, reason },
    },
  };
}
