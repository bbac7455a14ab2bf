/** Why policies refuse an action: which of them, by which of its statements, and what is missing. Pure. */
import { fillIn, type PolicyDocument, type Unknown } from './document.ts';
import { permissionStatement, trustStatement } from './policies.ts';
import type { Held, PolicyFile } from './policy-folder.ts';
import type { Asked } from './questions.ts';
import type { Document, Question, Simulator } from './simulator.ts';

type Which = 'trust-policy' | 'permission-policy' | 'session-policy';

export interface FailedCondition {
  readonly operator: string;
  readonly key: string;
}

/** One policy that does not allow the action. */
export interface Cause {
  readonly policy: Which;
  /** Whose policy it is. */
  readonly roleARN: string;
  /** The files that were read; where there is none, where it is looked for. */
  readonly files: readonly string[];
  readonly isAbsent: boolean;
  /** A statement that forbids it, by its Sid or its number. */
  readonly deny?: string;
  /** A statement that would allow it but for these conditions. */
  readonly almost?: { readonly statement: string; readonly conditions: readonly FailedCondition[] };
  /** What would allow it. */
  readonly statement?: Readonly<Record<string, unknown>>;
}

export interface Policies {
  readonly target: Held;
  /** Undefined where the trust policy alone decides. */
  readonly caller: Held | undefined;
  readonly read: (unknown: Unknown) => string;
}

const ALL: Document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Nothing where the action is allowed. */
export function causesOf(asked: Asked, { target, caller, read }: Policies, { ask }: Simulator): Cause[] {
  const { call, action, question } = asked;
  const permissions = caller?.permissions.map(({ document }) => document) ?? [];
  const trust = target.trust?.document;
  const sessionPolicy = sessionPolicyOf(call.callerPolicy);
  const verdict = (change: Partial<Question>): boolean =>
    ask({ ...question, trust, permissions, ...change }) === 'Allowed';
  const wholeTrust = asDocument(fillIn(documentOf(trustStatement(call, action)), read));
  const causes: Cause[] = [];
  if (!verdict({ permissions: [ALL] })) {
    causes.push({
      ...whyNot(target.trust ? [target.trust] : [], (documents) =>
        verdict({ trust: merged(documents), permissions: [ALL] }),
      ),
      policy: 'trust-policy',
      roleARN: question.roleARN,
      files: [target.trustFile],
      isAbsent: !target.trust,
      statement: plainStatement(trustStatement(call, action)),
    });
  }
  const trusting = causes.length > 0 ? wholeTrust : trust;
  if (caller && asked.caller !== undefined && !verdict({ trust: trusting })) {
    causes.push({
      ...whyNot(caller.permissions, (documents) => verdict({ trust: trusting, permissions: documents })),
      policy: 'permission-policy',
      roleARN: asked.caller,
      files: caller.permissions.length > 0 ? caller.permissions.map(({ file }) => file) : [caller.permissionsFolder],
      isAbsent: caller.permissions.length === 0,
      statement: plainStatement(permissionStatement(call)),
    });
  }
  // A session policy limits: it is asked as the only permission, behind a trust that names the account.
  const trustAccount = accountTrust(question);
  if (sessionPolicy && asked.caller !== undefined && !verdict({ trust: trustAccount, permissions: [sessionPolicy] })) {
    causes.push({
      ...whyNot([{ file: 'policy', document: sessionPolicy }], (documents) =>
        verdict({ trust: trustAccount, permissions: documents }),
      ),
      policy: 'session-policy',
      roleARN: asked.caller,
      files: [],
      isAbsent: false,
      statement: plainStatement(permissionStatement(call)),
    });
  }
  return causes;
}

/** The statement that forbids it, or the one that would allow it but for its conditions. */
function whyNot(
  files: readonly PolicyFile[],
  allows: (documents: readonly Document[]) => boolean,
): Pick<Cause, 'deny' | 'almost'> {
  const documents = files.map(({ document }) => document);
  for (const [at, { Statement }] of documents.entries()) {
    for (const [index, statement] of Statement.entries()) {
      const name = typeof statement.Sid === 'string' && statement.Sid !== '' ? statement.Sid : `number ${index + 1}`;
      const withStatement = (...put: Readonly<Record<string, unknown>>[]): boolean =>
        allows(
          documents.map((document, other) =>
            other === at ? { ...document, Statement: Statement.toSpliced(index, 1, ...put) } : document,
          ),
        );
      if (statement.Effect === 'Deny') {
        if (withStatement()) return { deny: name };
        continue;
      }
      const { Condition, ...bare } = statement;
      if (!withStatement(bare)) continue;
      const conditions = Object.entries(
        (Condition ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>,
      )
        .flatMap(([operator, keys]) => Object.entries(keys).map(([key, values]) => ({ operator, key, values })))
        .filter(
          ({ operator, key, values }) => !withStatement({ ...bare, Condition: { [operator]: { [key]: values } } }),
        )
        .map(({ operator, key }) => ({ operator, key }));
      return { almost: { statement: name, conditions } };
    }
  }
  return {};
}

const documentOf = (statement: PolicyDocument['Statement'][number]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [statement],
});
const asDocument = (document: unknown): Document => document as Document;
const merged = ([first]: readonly Document[]): Document | undefined => first;

/** With placeholders where a value is not known or secret. */
function plainStatement(statement: PolicyDocument['Statement'][number]): Readonly<Record<string, unknown>> {
  return asDocument(fillIn(documentOf(statement))).Statement[0] ?? {};
}

function accountTrust({ principal, action }: Pick<Question, 'principal' | 'action'>): Document {
  const [, partition = '', , , account = ''] = principal.split(':');
  const Principal = { AWS: `arn:${partition}:iam::${account}:root` };
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action: action }] };
}

function sessionPolicyOf(text: string | undefined): Document | undefined {
  if (text === undefined) return undefined;
  const document = JSON.parse(text) as Document;
  return { ...document, Statement: [document.Statement].flat() };
}
