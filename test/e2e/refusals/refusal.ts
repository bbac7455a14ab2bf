/** What a row of the refusals is, and the whole message that it stands for. */
import type { ReasonCode } from '@rolechain/shared';

export interface Refusal {
  /** Also the name of the ServiceAccount. */
  readonly name: string;
  /** Value of `rolechain.io/assume-role`; absent where the account has none. */
  readonly annotation?: string;
  /** Further annotations of the account. */
  readonly account?: Readonly<Record<string, string>>;
  /** Default: shop. */
  readonly namespace?: string;
  /** Annotations of the pod, and its spec beside the account's name. */
  readonly pod?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  /**
   * `strict`: the webhook's settings allow little; `locked`: they narrow who may ask, and for what; `defaults`: Namespaces
   * may have a default role; `down`: there is no webhook. Default: that of the scenarios.
   */
  readonly installation?: 'strict' | 'locked' | 'defaults' | 'down';
  /** The Namespace asks, not the account. */
  readonly byDefault?: true;
  /** Written onto a Namespace of the row's name: there is no account, and no pod. */
  readonly onNamespace?: Readonly<Record<string, string>>;
  /** Default: AnnotationInvalid. */
  readonly reason?: ReasonCode;
  /**
   * By AnnotationInvalid and PodAnnotationInvalid: every problem, with place, limit, fix and code. Else: what stands
   * between "but: " and the code.
   */
  readonly says: string | RegExp;
  /** Known only once a pod comes: the ServiceAccount itself is accepted. */
  readonly atPod?: true;
  /** Told only to anyone who writes the ServiceAccount: its pods are accepted. */
  readonly atAccount?: true;
  /** No apiserver lets such a pod through to a webhook: it is sent to the webhook itself. */
  readonly raw?: true;
}

export const NAMESPACE = 'shop';
export const FLUX = 'aws.auth.fluxcd.io/assume-role';

/** The message of a row, word for word. */
export function messageOf({ name, namespace = NAMESPACE, reason = 'AnnotationInvalid', ...row }: Refusal): RegExp {
  const key = row.annotation === undefined ? FLUX : 'rolechain.io/assume-role';
  const says = typeof row.says === 'string' ? literally(row.says) : row.says.source;
  const frames: Partial<Record<ReasonCode, readonly [string, string]>> = {
    AnnotationInvalid: [
      `The ServiceAccount's annotation is invalid: ${key}: `,
      '. Correct the annotation and create the pod again.',
    ],
    PodAnnotationInvalid: ['An annotation of the pod is invalid: the pod: ', '. Correct it.'],
  };
  const [before, after] = frames[reason] ?? ['', ''];
  const account = `ServiceAccount ${namespace}/${name}`;
  const asking = row.byDefault
    ? `Namespace ${namespace} asks for an AWS role for its ${account}, but:`
    : `${account} asks for an AWS role, but:`;
  const written = row.onNamespace ? `Namespace ${name}:` : row.atAccount ? `${account}:` : undefined;
  const who = `rolechain: ${written ?? asking} `;
  return new RegExp(`^${literally(who + before)}${says}${literally(`${after} [${reason}]`)}$`);
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

// The ends that many problems share: the fix and the code.
export const WITHIN = 'write a value within these limits (FieldOutOfRange)';
export const TYPED = 'write what it takes (FieldWrongType)';
export const QUOTED = 'write it in quotes (FieldWrongType)';
export const LEAVE_OUT = 'leave one of them out (FieldConflict)';
export const MISSING = 'is missing; add it (FieldMissing)';
export const PARTS = 'write it with fewer fields, lists and aliases; no role needs so many (DocumentTooComplex)';
export const SYNTAX = 'correct the syntax at the place that the message names (DocumentUnreadable)';
