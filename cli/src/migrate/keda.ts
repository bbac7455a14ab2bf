/**
 * KEDA. Sources: kedacore/keda apis/keda/v1alpha1/triggerauthentication_types.go (AuthPodIdentity: provider, roleArn, identityOwner);
 * kedacore/keda-docs#1754, "podIdentity.externalID", which kedacore/keda#7580 wrote externalId; the chart's ServiceAccount.
 */
import { at, listAt, textAt } from '../objects/fields.ts';
import { kindOf, shown } from './objects.ts';
import { accountOf, ofController, type OfObject } from './controllers.ts';
import { NOTHING, join, type Found, type KubeObject, type Left } from './types.ts';

const KINDS = ['TriggerAuthentication', 'ClusterTriggerAuthentication'];

export function keda(objects: readonly KubeObject[]): Found {
  const all = objects.filter(
    (object) => KINDS.includes(kindOf(object)) && textAt(object, 'apiVersion')?.startsWith('keda.sh/'),
  );
  const account = accountOf(objects, 'keda-operator', { namespace: 'keda', name: 'keda-operator' });
  const roles = ofController('KEDA', account, all.flatMap(roleOf), 'podIdentity.roleArn');
  return join([roles, { ...NOTHING, left: all.flatMap(leftOf) }]);
}

const IDENTITY = ['spec', 'podIdentity'];

function roleOf(object: KubeObject): OfObject[] {
  const roleARN = textAt(object, ...IDENTITY, 'roleArn');
  if (textAt(object, ...IDENTITY, 'provider') !== 'aws' || roleARN === undefined) return [];
  const externalID = textAt(object, ...IDENTITY, 'externalID') ?? textAt(object, ...IDENTITY, 'externalId');
  const role = { roleARN, ...(externalID === undefined ? {} : { externalID }) };
  return [{ role, origin: { tool: 'KEDA', object: shown(object), field: 'spec.podIdentity.roleArn' } }];
}

function leftOf(object: KubeObject): Left[] {
  const origin = { tool: 'KEDA', object: shown(object) } as const;
  const secret = listAt(object, 'spec', 'secretTargetRef').filter((ref) => at(ref, 'parameter') === 'awsRoleArn');
  const left: Left[] = secret.map(() => ({
    ...origin,
    field: 'spec.secretTargetRef awsRoleArn',
    why: 'the role stands in a Secret, which is never read',
    fix: 'write its ARN into rolechain.io/assume-role of the ServiceAccount of KEDA',
  }));
  if (textAt(object, ...IDENTITY, 'identityOwner') === 'workload') {
    const why = "KEDA takes the role from eks.amazonaws.com/role-arn of the workload's ServiceAccount";
    const fix = 'keep it: KEDA scales by the base role, and the workload gets its role from rolechain';
    left.push({ ...origin, field: 'spec.podIdentity.identityOwner', why, fix });
  }
  return left;
}
