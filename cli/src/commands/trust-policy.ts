import { cloudFormation } from '../iam/cloudformation.ts';
import { fillIn, isUnknown, placeholder, unknownsOf, type PolicyDocument, type Value } from '../iam/document.ts';
import { policiesOf, type RolePolicies } from '../iam/policies.ts';
import { policyNotes } from '../iam/policy-notes.ts';
import { readChains, type Chains } from '../iam/read-chains.ts';
import { terraform } from '../iam/terraform.ts';
import type { TrustPolicyReport } from '../report-schemas/trust-policy.ts';
import type { Run } from '../terminal/command.ts';

export const run: Run = async (call) => {
  const [, name] = call.args;
  const chains = await readChains(call, typeof name === 'string' ? name : undefined);
  const policies = policiesOf(chains.paths);
  const notes = [...chains.notes, ...policyNotes(policies, chains.paths)];
  const format = String(call.options.format);
  const report = reportOf(chains, policies, notes);
  const { refused } = chains;
  if (refused !== undefined) return { report, isFinding: true, text: () => refused };
  const text = written(format, policies, report);
  // Notes would break the document for who reads it.
  for (const note of call.output === 'text' ? notes : []) call.surroundings.err(`${note}\n`);
  return { report, isFinding: false, text: () => text };
};

function written(format: string, policies: readonly RolePolicies[], report: TrustPolicyReport): string {
  const title = `ServiceAccount ${report.serviceAccount.namespace}/${report.serviceAccount.name}`;
  if (format === 'terraform') return terraform(policies, title);
  if (format === 'cloudformation') return cloudFormation(policies, title);
  const byRole = report.policies.map(({ roleARN, trustPolicy, permissionPolicy }) => [
    roleARN,
    { ...(trustPolicy ? { trustPolicy } : {}), ...(permissionPolicy ? { permissionPolicy } : {}) },
  ]);
  return JSON.stringify(Object.fromEntries(byRole), null, 2);
}

function reportOf(
  { account, refused }: Chains,
  policies: readonly RolePolicies[],
  notes: readonly string[],
): TrustPolicyReport {
  const unknowns = unknownsOf(policies.flatMap(({ trust, permissions }) => [trust ?? [], permissions ?? []].flat()));
  return {
    serviceAccount: { ...account },
    ...(refused === undefined ? {} : { refused }),
    policies: policies.map(({ roleARN, part, roles, trust, permissions }) => ({
      roleARN: plain(roleARN),
      part,
      roles: [...roles],
      trustPolicy: documentOf(trust),
      permissionPolicy: documentOf(permissions),
    })),
    placeholders: unknowns.map((one) => ({ placeholder: placeholder(one), text: one.text, secret: one.secret })),
    notes: [...notes],
  };
}

type Written = TrustPolicyReport['policies'][number]['trustPolicy'];

const plain = (value: Value): string => (isUnknown(value) ? placeholder(value) : value);
const documentOf = (document: PolicyDocument | undefined): Written =>
  document ? (fillIn(document) as unknown as Written) : null;
