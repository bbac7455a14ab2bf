/** Whether a block of YAML, JSON or HCL is what it shows: an object of the API, an annotation, settings, values, a policy. */
import { parse as parseHCL } from '@cdktf/hcl2json';
import Ajv from 'ajv/dist/2020.js';
import { isMap, parse, parseAllDocuments } from 'yaml';
import { ANNOTATIONS, ANNOTATION_PREFIX, parseAssumeRole } from '@rolechain/shared';
import { SETTINGS_FIELDS, parseSettings, patternProblems } from '@rolechain/webhook';
import { checkRole, type Permission, type TrustStatement } from '@rolechain/doubles/iam.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { isPath } from '../names.ts';
import { read } from '../repository.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Kinds whose definitions are not in an apiserver, with the fields of their specs that pages show. */
const OF_OTHERS: Readonly<Record<string, readonly string[]>> = {
  // github.com/prometheus-operator, v1 PodMonitorSpec.
  PodMonitor: ['namespaceSelector', 'selector', 'podMetricsEndpoints'],
  // kedacore/keda, v1alpha1 TriggerAuthenticationSpec.
  TriggerAuthentication: ['podIdentity'],
  // external-secrets/external-secrets, v1 SecretStoreSpec.
  SecretStore: ['provider'],
};
/** argoproj/argo-cd, v1alpha1 ApplicationSpec. */
const ARGO_CD = ['ignoreDifferences', 'syncPolicy'];

const valuesSchema = new Ajv({ strict: false }).compile(
  JSON.parse(read('charts/rolechain/values.schema.json')) as object,
);

/** What is wrong with it, and the objects that an apiserver can be asked about. */
export interface Looked {
  readonly problems: readonly string[];
  readonly objects: readonly KubeObject[];
}

export function lookAtYAML(text: string): Looked {
  // A digest is left out by `…`, which no image has.
  const documents = parseAllDocuments(text.replaceAll('sha256:…', `sha256:${'a'.repeat(64)}`));
  const errors = documents.flatMap((document) => document.errors.map(({ message }) => message));
  if (errors.length > 0) return { problems: errors, objects: [] };
  const [first] = documents;
  // A line for an editor, and nothing else.
  const schema = /^# yaml-language-server: \$schema=(\S+)$/.exec(text.trim())?.[1];
  if (schema !== undefined) return { problems: isPath(schema) ? [] : [`no file ${schema}`], objects: [] };
  const looked = documents.map((document) =>
    isMap(document.contents) ? lookAtMap(document.toJS() as Fields) : NOTHING,
  );
  if (!first) return NOTHING;
  return { problems: looked.flatMap(({ problems }) => problems), objects: looked.flatMap(({ objects }) => objects) };
}

const NOTHING: Looked = { problems: ['nothing is known of it'], objects: [] };
const well = (objects: readonly KubeObject[] = []): Looked => ({ problems: [], objects });
const wrong = (...problems: string[]): Looked => ({ problems, objects: [] });

function lookAtMap(fields: Fields): Looked {
  const keys = Object.keys(fields);
  const { kind } = fields;
  if (typeof kind === 'string') {
    const problems = annotationProblems(kind, (fields as KubeObject).metadata.annotations as Fields | undefined);
    if (!Object.hasOwn(OF_OTHERS, kind)) return { problems, objects: [fields as KubeObject] };
    const unknown = Object.keys(fields.spec as Fields).filter((key) => !OF_OTHERS[kind]?.includes(key));
    return wrong(...problems, ...unknown.map((key) => `${kind} has no ${key}`));
  }
  if (keys.every((key) => key.startsWith(ANNOTATION_PREFIX)))
    return wrong(...annotationProblems('ServiceAccount', fields));
  if (keys.every((key) => Object.hasOwn(SETTINGS_FIELDS, key))) return lookAtSettings(fields);
  if (keys.every((key) => ARGO_CD.includes(key))) return well();
  return valuesSchema(withDefaults(fields))
    ? well()
    : wrong(...(valuesSchema.errors ?? []).map(({ message = '' }) => message));
}

/** As helm takes them: over the chart's own. */
function withDefaults(fields: Fields): Fields {
  const merge = (one: unknown, other: unknown): unknown => {
    if (!isFields(one) || !isFields(other)) return other;
    return {
      ...one,
      ...Object.fromEntries(Object.entries(other).map(([key, value]) => [key, merge(one[key], value)])),
    };
  };
  return merge(parse(read('charts/rolechain/values.yaml')), fields) as Fields;
}
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function lookAtSettings(fields: Fields): Looked {
  const read = parseSettings(JSON.stringify({ sidecarImage: 'x', ...fields }));
  return read.ok ? well() : wrong(JSON.stringify(read));
}

function annotationProblems(kind: string, annotations: Fields = {}): string[] {
  const { [ANNOTATIONS.assumeRole.key]: role, [ANNOTATIONS.allowedRoles.key]: allowed } = annotations;
  const parsed = typeof role === 'string' ? parseAssumeRole(role) : undefined;
  const isElsewhere = role !== undefined && !['ServiceAccount', 'Namespace'].includes(kind);
  return [
    ...(isElsewhere ? [`${kind} takes no ${ANNOTATIONS.assumeRole.key}`] : []),
    ...(parsed && !parsed.ok ? [JSON.stringify(parsed)] : []),
    ...(typeof allowed === 'string'
      ? allowed
          .split(/\s+/)
          .flatMap((one) => patternProblems(one))
          .map(String)
      : []),
  ];
}

export function problemsInJSON(text: string): string[] {
  let value: Fields;
  try {
    value = JSON.parse(text) as Fields;
  } catch (error) {
    return [String(error)];
  }
  const policies = policiesIn(value);
  if (policies.length === 0) return ['nothing is known of it'];
  return policies.flatMap((statements) => statements.flatMap(statementProblems));
}

/** A policy, a statement of one, or what `trust-policy` prints: both policies of each role. */
function policiesIn(value: Fields): Statement[][] {
  if ('Effect' in value) return [[value]];
  if (Array.isArray(value.Statement)) return [value.Statement as Statement[]];
  const roles = Object.entries(value).filter(([name]) => name.startsWith('arn:'));
  if (roles.length < Object.keys(value).length) return [];
  return roles.flatMap(([, of]) => Object.values(of as Record<string, Fields>).flatMap(policiesIn));
}

type Statement = Readonly<Record<string, unknown>>;

/** By the double's language of policies, in which AWS' own is small enough to be read as a whole; a resource's by its form. */
function statementProblems(statement: Statement): string[] {
  const { Principal, Resource, Action } = statement;
  const arn = 'arn:aws:iam::222222222222:role/orders';
  const nobody: TrustStatement = { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' };
  try {
    if (Principal === undefined) {
      checkRole({ arn, trust: { Statement: [nobody] }, permissions: [statement as unknown as Permission] });
    } else if (Resource === undefined) {
      checkRole({ arn, trust: { Statement: [statement as unknown as TrustStatement] } });
    } else if (![/^\w+:\w+$/.test(Action as string), /^arn:aws:\w+:/.test(Resource as string)].every(Boolean)) {
      return ['no policy of a resource'];
    }
    return [];
  } catch (error) {
    return [String(error)];
  }
}

export async function problemsInHCL(text: string): Promise<string[]> {
  try {
    await parseHCL('page.tf', text);
    return [];
  } catch (error) {
    return [String(error)];
  }
}
