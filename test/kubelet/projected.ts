/** The files of a projected volume: k8s.io/kubernetes pkg/volume/projected, collectData. */
import { isSecret } from '@rolechain/kit/record.ts';
import { podField } from './fields.ts';
import type { Pod, Projected, ProjectedSource, Projection } from '@rolechain/kit/pod.ts';

export type ObjectData = Readonly<Record<string, string | Uint8Array>>;

export interface ProjectionOptions {
  /** Makes a token of the pod's ServiceAccount. The audience is empty for the apiserver's own. */
  readonly token?: (audience: string, expirationSeconds: number) => Promise<string>;
  /** Gives the decoded data of a Secret or ConfigMap of the pod's namespace; undefined where there is none. */
  readonly data?: (kind: 'Secret' | 'ConfigMap', name: string) => Promise<ObjectData | undefined>;
}

export interface ProjectedFile {
  /** Relative to the volume. */
  readonly path: string;
  readonly data: string | Uint8Array;
  readonly mode: number;
}

/** Kubernetes' defaults for what an object leaves out (pkg/apis/core/v1/defaults.go). */
const DEFAULT_MODE = 0o644;
const DEFAULT_EXPIRATION_SECONDS = 3600;

interface Context {
  readonly pod: Pod;
  readonly volume: string;
  readonly mode: number;
  readonly options: ProjectionOptions;
  readonly notes: string[];
}

/**
 * All files of a projected volume; of two at one path the later source's wins. A source that can't be had
 * here is left out, with a note.
 *
 * @throws Error for a Secret, ConfigMap or key of it that is required and absent.
 */
export async function projectedFiles(
  pod: Pod,
  volume: string,
  projected: Projected,
  options: ProjectionOptions,
  notes: string[],
): Promise<readonly ProjectedFile[]> {
  const context: Context = { pod, volume, mode: projected.defaultMode ?? DEFAULT_MODE, options, notes };
  const files = new Map<string, ProjectedFile>();
  for (const source of projected.sources ?? []) {
    for (const file of await filesOf(source, context)) files.set(file.path, file);
  }
  return [...files.values()];
}

async function filesOf(source: ProjectedSource, context: Context): Promise<readonly ProjectedFile[]> {
  if (source.serviceAccountToken) return tokenFiles(source.serviceAccountToken, context);
  if (source.secret) return objectFiles('Secret', source.secret, context);
  if (source.configMap) return objectFiles('ConfigMap', source.configMap, context);
  if (source.downwardAPI) return fieldFiles(source.downwardAPI, context);
  return leftOut(context, `a source ${Object.keys(source)[0] ?? 'without a kind'} is not made here`);
}

async function tokenFiles(
  source: NonNullable<ProjectedSource['serviceAccountToken']>,
  context: Context,
): Promise<readonly ProjectedFile[]> {
  if (!context.options.token) return leftOut(context, 'nobody here makes tokens of ServiceAccounts');
  const { path, audience = '', expirationSeconds = DEFAULT_EXPIRATION_SECONDS } = source;
  const token = isSecret('ServiceAccount token', await context.options.token(audience, expirationSeconds));
  return [{ path, data: token, mode: context.mode }];
}

async function objectFiles(
  kind: 'Secret' | 'ConfigMap',
  { name = '', optional = false, items = [] }: Projection,
  context: Context,
): Promise<readonly ProjectedFile[]> {
  const data = await context.options.data?.(kind, name);
  if (!data && !optional) throw absent(context, `${kind} ${name}`);
  const keys = items.length > 0 ? items : Object.keys(data ?? {}).map((key) => ({ key, path: key, mode: undefined }));
  return keys.flatMap(({ key, path, mode }) => {
    const value = data && Object.hasOwn(data, key) ? data[key] : undefined;
    // A key id is a name.
    if (kind === 'Secret' && key !== 'AWS_ACCESS_KEY_ID') isSecret('value of a Secret', textOf(value));
    if (value !== undefined) return [{ path, data: value, mode: mode ?? context.mode }];
    if (!optional) throw absent(context, `key ${key} of ${kind} ${name}`);
    return [];
  });
}

function fieldFiles(
  { items = [] }: NonNullable<ProjectedSource['downwardAPI']>,
  context: Context,
): readonly ProjectedFile[] {
  return items.flatMap(({ path, fieldRef, mode }) => {
    const field = fieldRef ? podField(context.pod, fieldRef.fieldPath) : { note: 'only fieldRef is made here' };
    if (field.note !== undefined) leftOut(context, `${path}: ${field.note}`);
    return 'value' in field ? [{ path, data: field.value, mode: mode ?? context.mode }] : [];
  });
}

function textOf(value: string | Uint8Array | undefined): string {
  return typeof value === 'string' ? value : Buffer.from(value ?? []).toString();
}

function leftOut({ volume, notes }: Context, reason: string): readonly ProjectedFile[] {
  notes.push(`volume ${volume}: ${reason}; left out`);
  return [];
}

function absent({ volume }: Context, what: string): Error {
  return new Error(`volume ${volume}: ${what} is required and not there; a kubelet would wait for it`);
}
