/**
 * What `aws eks describe-pod-identity-association` and `list-pod-identity-associations` print. Source: EKS API reference,
 * PodIdentityAssociation (roleArn, targetRoleArn, externalId, disableSessionTags, policy) and PodIdentityAssociationSummary, which
 * has no role.
 */
import { isMap } from '@rolechain/shared';
import { at, listAt, textAt } from '../objects/fields.ts';
import { NOTHING, join, type Found, type Origin } from './types.ts';

/** Whether a document is one of these. */
export function areAssociations(document: unknown): boolean {
  return associationsOf(document).length > 0;
}

function associationsOf(document: unknown): readonly unknown[] {
  const one = at(document, 'association');
  const all = [...(isMap(one) ? [one] : []), ...listAt(document, 'associations')];
  return all.filter((association) => textAt(association, 'associationId') !== undefined);
}

export function associations(document: unknown): Found {
  return join(associationsOf(document).map(ofAssociation));
}

function ofAssociation(association: unknown): Found {
  const [namespace = 'default', name, target, externalID, id = ''] = (
    ['namespace', 'serviceAccount', 'targetRoleArn', 'externalId', 'associationId'] as const
  ).map((field) => textAt(association, field));
  const object = `association ${id}`;
  const origin: Origin = { tool: 'EKS Pod Identity', object, field: 'targetRoleArn' };
  if (textAt(association, 'roleArn') === undefined) {
    const why = 'a list of associations holds no roles';
    const fix = `give what \`aws eks describe-pod-identity-association --association-id ${id}\` prints`;
    return { ...NOTHING, left: [{ ...origin, field: 'associations', why, fix }] };
  }
  if (target === undefined) {
    return { ...NOTHING, steps: [{ object, text: 'it has no targetRoleArn: keep it, its role is the base identity' }] };
  }
  const wanted = {
    account: { namespace, name },
    name: target.slice(target.lastIndexOf('/') + 1),
    role: {
      roleARN: target,
      ...(externalID === undefined ? {} : { externalID }),
      credentialSource: 'pod-identity',
    },
    origin,
    uses: [],
  } as const;
  const text = `take targetRoleArn out of it once its pods have the sidecar (aws eks update-pod-identity-association --association-id ${id} --target-role-arn ""): until then the agent gives the target's session, and the target does not trust itself`;
  const policy = textAt(association, 'policy');
  const left =
    policy === undefined
      ? []
      : [
          {
            ...origin,
            field: 'policy',
            why: POLICY,
            fix: 'write it into the field policy of the annotation, where it should bind the target',
          },
        ];
  return { ...NOTHING, wanted: [wanted], steps: [{ object, text }], left };
}

const POLICY = 'the session policy of an association binds the session that EKS makes';
