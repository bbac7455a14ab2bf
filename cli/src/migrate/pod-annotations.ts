/**
 * kube2iam and kiam: annotations of pods, and of Namespaces. They share the first two keys.
 * Sources: jtblin/kube2iam README.md ("kubernetes annotation", "Namespace Restrictions", "Options") and mappings/mapper.go
 * (iamExternalIdKey; RoleARN for names and patterns alike); uswitch/kiam pkg/k8s/pod_cache.go (AnnotationIAMRoleKey) and
 * pkg/k8s/namespace_cache.go (AnnotationPermittedKey, AnnotationAllowedRoles); kiam's docs for session-name and external-id.
 */
import { listAt, textsAt } from '../objects/fields.ts';
import { kindOf, nameOf, shown, workloadsOf, type Workload } from './objects.ts';
import type { AllowedRoles, Found, KubeObject, Left, Origin, Step, Wanted } from './types.ts';
import { NOTHING, join } from './types.ts';

const TOOL = 'kube2iam or kiam';

export const IAM_KEYS = {
  role: 'iam.amazonaws.com/role',
  externalID: 'iam.amazonaws.com/external-id',
  sessionName: 'iam.amazonaws.com/session-name',
  allowedRoles: 'iam.amazonaws.com/allowed-roles',
  permitted: 'iam.amazonaws.com/permitted',
} as const;

/** By which a name alone becomes an ARN: kube2iam's --base-role-arn, kiam's --role-base-arn. */
const BASE_FLAGS = ['--base-role-arn=', '--role-base-arn='];

/** The prefix of role ARNs that the tool itself was started with. */
export function baseOf(objects: readonly KubeObject[]): string | undefined {
  const args = workloadsOf(objects).flatMap(({ containers }) =>
    containers.flatMap((container) => [...listAt(container, 'command'), ...listAt(container, 'args')]),
  );
  for (const arg of args) {
    const flag = BASE_FLAGS.find((one) => typeof arg === 'string' && arg.startsWith(one));
    if (flag !== undefined && typeof arg === 'string' && arg.length > flag.length) return arg.slice(flag.length);
  }
  return undefined;
}

/** Both tools take a full ARN, or a name or path behind their base. */
export function withBase(role: string, base: string | undefined): string | undefined {
  if (role.startsWith('arn:')) return role;
  return base === undefined ? undefined : `${base.replace(/\/$/, '')}/${role.replace(/^\//, '')}`;
}

export function podAnnotations(objects: readonly KubeObject[], base: string | undefined): Found {
  const workloads = workloadsOf(objects);
  const found = workloads.map((workload) => ofWorkload(workload, base));
  const annotated = new Set(found.flatMap(({ wanted }) => wanted.map(({ account }) => keyOf(account))));
  const others = workloads.filter(
    ({ account, annotations }) => annotated.has(keyOf(account)) && !Object.hasOwn(annotations, IAM_KEYS.role),
  );
  const steps = others.map(({ object, account, path }): Step => {
    const text = `it has no ${IAM_KEYS.role}, but the same ServiceAccount ${keyOf(account)}: give it another one, or set rolechain.io/inject: "false" in ${path}`;
    return { object, text };
  });
  return join([...found, { ...NOTHING, steps }, namespaceAnnotations(objects, base)]);
}

const keyOf = ({ namespace, name = '' }: Workload['account']): string => `${namespace}/${name}`;

function ofWorkload({ object, account, annotations, path }: Workload, base: string | undefined): Found {
  const written = annotations[IAM_KEYS.role];
  if (written === undefined || written === '') return NOTHING;
  const origin: Origin = { tool: TOOL, object, field: `${path}.${IAM_KEYS.role}` };
  const roleARN = withBase(written, base);
  if (roleARN === undefined) {
    return { ...NOTHING, left: [{ ...origin, why: 'it is the name of a role, not an ARN', fix: NEEDS_BASE }] };
  }
  const externalID = annotations[IAM_KEYS.externalID];
  const sessionName = annotations[IAM_KEYS.sessionName];
  const wanted: Wanted = {
    account,
    name: roleARN.slice(roleARN.lastIndexOf('/') + 1),
    role: {
      roleARN,
      ...(externalID === undefined ? {} : { externalID }),
      ...(sessionName === undefined ? {} : { sessionName }),
    },
    origin,
    uses: [{ workload: object, container: '*' }],
  };
  const step = { object, text: `take ${IAM_KEYS.role} out of ${path} once its pods have the sidecar` };
  return { ...NOTHING, wanted: [wanted], steps: [step] };
}

const NEEDS_BASE = 'give --base-role-arn, as the tool has it (kube2iam --base-role-arn, kiam --role-base-arn)';

function namespaceAnnotations(objects: readonly KubeObject[], base: string | undefined): Found {
  return join(
    objects
      .filter((object) => kindOf(object) === 'Namespace')
      .flatMap((object) => {
        const annotations = textsAt(object, 'metadata', 'annotations');
        const origin = (field: string): Origin => ({ tool: TOOL, object: shown(object), field });
        const { [IAM_KEYS.allowedRoles]: globs, [IAM_KEYS.permitted]: expression } = annotations;
        return [
          globs === undefined ? NOTHING : fromGlobs(nameOf(object), globs, base, origin(IAM_KEYS.allowedRoles)),
          expression === undefined
            ? NOTHING
            : fromExpression(nameOf(object), expression, base, origin(IAM_KEYS.permitted)),
        ];
      }),
  );
}

/** A JSON list of roles, `*` for any text (kube2iam: ryanuber/go-glob; kiam: pkg/k8s/namespace_cache.go). */
function fromGlobs(namespace: string, text: string, base: string | undefined, origin: Origin): Found {
  const left = (why: string, fix: string): Found => ({ ...NOTHING, left: [{ ...origin, why, fix }] });
  let globs: unknown;
  try {
    globs = JSON.parse(text);
  } catch {
    globs = undefined;
  }
  if (!Array.isArray(globs) || !globs.every((glob) => typeof glob === 'string')) {
    return left('it is not a JSON list of texts', 'correct it; the tool itself ignores it');
  }
  // With kube2iam's --namespace-restriction-format=regexp these are expressions.
  const expressions = globs.filter((glob) => /[\\[\](){}|^$+]|\.\*/.test(glob));
  if (expressions.length > 0) return left('it holds regular expressions', 'write ARN patterns with * and ? instead');
  const patterns = globs.map((glob) => withBase(glob, base));
  return patterns.includes(undefined)
    ? left('it holds names of roles, not ARNs', NEEDS_BASE)
    : allowed(namespace, patterns as string[], origin);
}

/**
 * kiam's regular expression for a role as the pod names it. Carried over where it is made of literal text, `.*`, `|` at its top
 * and anchors; taken for the whole name, as kiam's --strict-namespace-regexp does, so that nothing more is allowed.
 */
function fromExpression(namespace: string, expression: string, base: string | undefined, origin: Origin): Found {
  const branches = expression.replace(/^\^/, '').replace(/\$$/, '').split('|');
  const patterns = branches.map((branch) => {
    if (!/^(?:[\w/+=,@:-]|\\[./+*]|\.\*)+$/.test(branch)) return undefined;
    const glob = branch.replaceAll('.*', '*').replaceAll(/\\(.)/g, '$1');
    return withBase(glob, base ?? 'arn:*:iam::*:role');
  });
  if (!patterns.includes(undefined)) return allowed(namespace, patterns as string[], origin);
  const left: Left = {
    ...origin,
    why: 'it is a regular expression that ARN patterns cannot say',
    fix: 'write ARN patterns with * and ? into rolechain.io/allowed-roles',
  };
  return { ...NOTHING, left: [left] };
}

function allowed(namespace: string, patterns: readonly string[], origin: Origin): Found {
  const one: AllowedRoles = { namespace, patterns, origin };
  return { ...NOTHING, allowed: [one] };
}
