/**
 * @cloud-copilot/iam-simulate, which evaluates IAM's policies offline. Its licence is the AGPL-3.0, so that it is part of no bundle:
 * it is loaded at run time from where the user has installed it.
 */
// The banner of the bundle's files (scripts/build/cli.ts) has the name `createRequire`.
import { createRequire as requireFrom } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CodedError, SIMULATOR } from '@rolechain/shared';

/** Its parser and validators, which it brings itself. */
const POLICY = '@cloud-copilot/iam-policy';

export type Verdict = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';

/** A policy document that somebody else wrote. */
export interface Document {
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
  readonly [member: string]: unknown;
}

/** What STS is asked, and the policies that it looks at. */
export interface Question {
  /** Of a session, a user, a service or an OIDC provider. */
  readonly principal: string;
  readonly action: string;
  readonly roleARN: string;
  readonly account: string;
  /** A list where the key has several values. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
  readonly trust: Document | undefined;
  readonly permissions: readonly Document[];
}

export interface Simulator {
  readonly ask: (question: Question) => Verdict;
  /** What is not valid in a document: its place and a sentence. */
  readonly problemsOf: (document: unknown, kind: 'trust' | 'permissions') => readonly string[];
}

interface SimulateModule {
  readonly runUnsafeSimulation: (simulation: object, options: object) => Verdict;
}
type Validate = (policy: unknown) => readonly { readonly path: string; readonly message: string }[];
interface PolicyModule {
  readonly validateTrustPolicy: Validate;
  readonly validateIdentityPolicy: Validate;
}

/** Throws SimulatorMissing. `folders`: where it is looked for, beside the program's own. */
export async function loadSimulator(folders: readonly string[]): Promise<Simulator> {
  const bases = [...folders.map((folder) => join(folder, 'x')), fileURLToPath(import.meta.url)];
  for (const base of bases) {
    try {
      const file = requireFrom(base).resolve(SIMULATOR.name);
      const modules = [file, requireFrom(file).resolve(POLICY)].map((path) => pathToFileURL(path).href);
      const [simulate, policy] = (await Promise.all(modules.map((url) => import(url)))) as [
        SimulateModule,
        PolicyModule,
      ];
      if (typeof simulate.runUnsafeSimulation !== 'function') continue;
      return {
        ask: (question) => ask(simulate, question),
        problemsOf: (document, kind) => problemsOf(policy, document, kind),
      };
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new CodedError('SimulatorMissing', `It was looked for from ${folders.join(', ')}.`);
}

/**
 * Without the simulator's own check of which keys an action has: it would drop the claims of EKS's OIDC providers, which its data
 * does not have, and AWS judges every action of one call by the same keys (EKS User Guide, pod-id-role: one statement has both
 * actions, under a condition of request tags).
 */
function ask({ runUnsafeSimulation }: SimulateModule, question: Question): Verdict {
  const { principal, action, roleARN, account, context, trust, permissions } = question;
  const simulation = {
    request: { principal, action, resource: { resource: roleARN, accountId: account }, contextVariables: context },
    identityPolicies: permissions.map((policy, at) => ({ name: `${at}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    // Without a name it fails on a policy of a resource; this form carries one (iam-policy, validatedPolicy.js).
    resourcePolicy: { __validated: true, policyDocument: trust ?? NONE, metadata: { name: 'trust' }, errors: [] },
  };
  const levels = { serviceControlPolicies: ALLOW_ALL, resourceControlPolicies: ALLOW_ALL };
  return runUnsafeSimulation({ ...simulation, ...levels }, { simulationMode: 'Strict' });
}

const NONE: Document = { Version: '2012-10-17', Statement: [] };

/** Policies of an organization are not among the documents: they are taken to allow all. */
const ALLOW_ALL = [
  {
    orgIdentifier: 'root',
    policies: [
      {
        name: 'all',
        policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] },
      },
    ],
  },
];

function problemsOf(policy: PolicyModule, document: unknown, kind: 'trust' | 'permissions'): string[] {
  const validate = kind === 'trust' ? policy.validateTrustPolicy : policy.validateIdentityPolicy;
  return validate(document).map(({ path, message }) => `${path === '' ? '' : `${path}: `}${message}`);
}
