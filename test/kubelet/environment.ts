/** A container's environment as a kubelet makes it: k8s.io/kubernetes pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables. */
import { expand } from '@rolechain/kit/kubelet-expansion.ts';
import { podField } from './fields.ts';
import type { Container, EnvFromSource, EnvVar, EnvVarSource, Pod } from '@rolechain/kit/pod.ts';

/** Where a variable comes from when it is neither literal nor a field of the pod. */
export type OutsideSource =
  | { readonly kind: 'Secret' | 'ConfigMap'; readonly name: string; readonly key: string }
  | { readonly kind: 'resourceField'; readonly container: string; readonly resource: string };

export interface EnvironmentOptions {
  /** Gives the value of a source outside of the pod's object; undefined where there is none. */
  readonly resolve?: (source: OutsideSource) => string | undefined;
  /** Gives all keys of a Secret or ConfigMap, for `envFrom`; undefined where there is no such object. */
  readonly resolveAll?: (kind: 'Secret' | 'ConfigMap', name: string) => Readonly<Record<string, string>> | undefined;
  /** Variables of the Services that a kubelet adds, such as KUBERNETES_SERVICE_HOST. */
  readonly services?: Readonly<Record<string, string>>;
}

export interface Environment {
  readonly env: Readonly<Record<string, string>>;
  /** What could not be had and so was left out: sentences to be printed, without values. */
  readonly notes: readonly string[];
}

/**
 * All variables of a container. Literal values see the variables before them; a later one of the same name
 * wins; `env` wins over `envFrom`, and both over the Services'.
 *
 * Where a kubelet would refuse to start the container (a Secret that is required and absent), the
 * variable is left out, with a note.
 */
export function containerEnvironment(pod: Pod, container: Container, options: EnvironmentOptions = {}): Environment {
  const services = new Map(Object.entries(options.services ?? {}));
  const made = new Map<string, string>();
  const notes: string[] = [];
  const note = (name: string, text: string) => notes.push(`container ${container.name}: ${name}: ${text}`);

  for (const source of container.envFrom ?? []) readAll(source, options, made, note);
  const lookup = (name: string) => made.get(name) ?? services.get(name);
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, { pod, container, options, lookup, note });
    if (value !== undefined) made.set(variable.name, value);
  }
  return { env: Object.fromEntries([...services, ...made]), notes };
}

/** `command` and `args` with their references to the container's environment resolved. */
export function expandCommand(
  container: Container,
  env: Readonly<Record<string, string>>,
): { readonly command: readonly string[]; readonly args: readonly string[] } {
  const lookup = (name: string) => (Object.hasOwn(env, name) ? env[name] : undefined);
  const all = (texts: readonly string[] | undefined) => (texts ?? []).map((text) => expand(text, lookup));
  return { command: all(container.command), args: all(container.args) };
}

type Note = (name: string, text: string) => void;

interface Context {
  readonly pod: Pod;
  readonly container: Container;
  readonly options: EnvironmentOptions;
  readonly lookup: (name: string) => string | undefined;
  readonly note: Note;
}

/** Undefined leaves what an earlier variable of that name made. */
function valueOf({ name, value, valueFrom }: EnvVar, context: Context): string | undefined {
  if (value) return expand(value, context.lookup);
  if (!valueFrom) return '';
  if (!valueFrom.fieldRef) return outside(name, valueFrom, context);
  const field = podField(context.pod, valueFrom.fieldRef.fieldPath);
  if (field.note !== undefined) context.note(name, field.note);
  return 'value' in field ? field.value : undefined;
}

function outside(name: string, from: EnvVarSource, { container, options, note }: Context): string | undefined {
  const source = outsideSource(from, container);
  if (!source) {
    note(name, 'its source is not one that is known here; left out');
    return undefined;
  }
  const value = options.resolve?.(source);
  const optional = (from.secretKeyRef ?? from.configMapKeyRef)?.optional === true;
  if (value === undefined && !optional) note(name, `${describe(source)} is not there; left out`);
  return value;
}

function outsideSource(from: EnvVarSource, container: Container): OutsideSource | undefined {
  const { secretKeyRef, configMapKeyRef, resourceFieldRef } = from;
  if (secretKeyRef) return { kind: 'Secret', name: secretKeyRef.name ?? '', key: secretKeyRef.key };
  if (configMapKeyRef) return { kind: 'ConfigMap', name: configMapKeyRef.name ?? '', key: configMapKeyRef.key };
  if (resourceFieldRef)
    return { kind: 'resourceField', container: container.name, resource: resourceFieldRef.resource };
  return undefined;
}

function describe(source: OutsideSource): string {
  if (source.kind === 'resourceField') return `the resource ${source.resource}`;
  return `key ${source.key} of ${source.kind} ${source.name}`;
}

function readAll(source: EnvFromSource, options: EnvironmentOptions, made: Map<string, string>, note: Note): void {
  const ref = source.secretRef ?? source.configMapRef;
  const kind = source.secretRef ? 'Secret' : 'ConfigMap';
  const name = ref?.name ?? '';
  const data = options.resolveAll?.(kind, name);
  if (!data && ref?.optional !== true) note('envFrom', `${kind} ${name} is not there; left out`);
  for (const [key, value] of Object.entries(data ?? {})) made.set(`${source.prefix ?? ''}${key}`, value);
}
