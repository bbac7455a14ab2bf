/**
 * External Secrets. Sources: external-secrets/external-secrets apis/externalsecrets/v1/secretstore_aws_types.go (AWSProvider), and
 * providers/v1/aws/auth/auth.go, createConfiguration: additionalRoles in their order, then role, to which alone external ID and
 * session tags are sent.
 */
import { at, listAt, textAt, textsAt } from '../objects/fields.ts';
import { kindOf, shown } from './objects.ts';
import { accountOf, ofController, type OfObject } from './controllers.ts';
import { NOTHING, join, type Found, type KubeObject, type Left, type Origin, type WrittenRole } from './types.ts';

const TOOL = 'External Secrets';
const KINDS = ['SecretStore', 'ClusterSecretStore'];
const PROVIDER = ['spec', 'provider', 'aws'];

export function externalSecrets(objects: readonly KubeObject[]): Found {
  const all = objects.filter(
    (object) =>
      KINDS.includes(kindOf(object)) &&
      textAt(object, 'apiVersion')?.startsWith('external-secrets.io/') &&
      at(object, ...PROVIDER) !== undefined,
  );
  const account = accountOf(objects, 'external-secrets', { namespace: 'external-secrets', name: 'external-secrets' });
  const each = all.map(ofStore);
  const roles = each.flatMap(({ roles: own }) => own);
  const found = ofController(TOOL, account, roles, 'role, additionalRoles, externalID and sessionTags');
  return join([found, { ...NOTHING, left: each.flatMap(({ left }) => left) }]);
}

function ofStore(object: KubeObject): { roles: OfObject[]; left: Left[] } {
  const provider = at(object, ...PROVIDER);
  const origin = (field: string): Origin => ({
    tool: TOOL,
    object: shown(object),
    field: `spec.provider.aws.${field}`,
  });
  const chain = [...listAt(provider, 'additionalRoles'), at(provider, 'role')].filter(
    (role): role is string => typeof role === 'string' && role !== '',
  );
  const roleARN = chain.at(-1);
  if (roleARN === undefined) return { roles: [], left: [] };
  const startsElsewhere = elsewhere(provider);
  if (startsElsewhere) return { roles: [], left: [{ ...origin(startsElsewhere.field), ...startsElsewhere.left }] };
  const left: Left[] = [];
  if (['Simple', 'Custom'].includes(textAt(provider, 'sessionTagsPolicy') ?? '')) {
    const why =
      'the tags esoNamespace, esoStoreName and esoStoreKind differ by ExternalSecret, and a sidecar has one session';
    left.push({
      ...origin('sessionTagsPolicy'),
      why,
      fix: 'take them out of the conditions of the role, or leave it to External Secrets',
    });
  }
  const via = chain.slice(0, -1).map((hop) => ({ roleARN: hop }));
  const role: WrittenRole = { roleARN, ...ofTarget(provider), ...(via.length === 0 ? {} : { via }) };
  return { roles: [{ role, origin: origin('role') }], left };
}

/** What is sent with `role` alone: not with the last of additionalRoles, where there is no role. */
function ofTarget(provider: unknown): Partial<WrittenRole> {
  const region = textAt(provider, 'region');
  const own = region === undefined ? {} : { region };
  if (textAt(provider, 'role') === undefined) return own;
  const externalID = textAt(provider, 'externalID');
  const written = listAt(provider, 'sessionTags').map((tag) => [textAt(tag, 'key') ?? '', textAt(tag, 'value') ?? '']);
  const custom = textAt(provider, 'sessionTagsPolicy') === 'Custom' ? textsAt(provider, 'customSessionTags') : {};
  const tags = { ...(Object.fromEntries(written) as Record<string, string>), ...custom };
  const keys = listAt(provider, 'transitiveTagKeys').filter((key): key is string => typeof key === 'string');
  const hasTags = Object.keys(tags).length > 0;
  return {
    ...own,
    ...(externalID === undefined ? {} : { externalID }),
    ...(hasTags ? { tags } : {}),
    // auth.go sends these only beside tags.
    ...(hasTags && keys.length > 0 ? { transitiveTagKeys: keys } : {}),
  };
}

function elsewhere(provider: unknown): { field: string; left: Pick<Left, 'why' | 'fix'> } | undefined {
  if (at(provider, 'auth', 'secretRef') !== undefined) {
    const fix = 'give the controller a base identity, and take auth.secretRef out first';
    return {
      field: 'auth.secretRef',
      left: { why: 'it starts from static keys in a Secret, which is never read', fix },
    };
  }
  if (at(provider, 'auth', 'jwt') === undefined) return undefined;
  const why = 'it starts from another ServiceAccount, whose token External Secrets itself asks for';
  return { field: 'auth.jwt', left: { why, fix: 'leave it to External Secrets' } };
}
