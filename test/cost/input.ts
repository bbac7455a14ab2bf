/** What the search gives to the programs: plain data, so that one mutation works on every part of it. */

/** A review, and what is found around it in the cluster. */
export interface ReviewInput {
  readonly program: 'webhook';
  readonly path: 'mutate' | 'validate';
  /** The whole body, where it is not a review of `object`. */
  readonly body?: string;
  /** A pod to mutate; a ServiceAccount or Namespace to validate. */
  readonly object: unknown;
  /** Fields of the request beside the object. */
  readonly request: unknown;
  /** Annotations of the account that the pod runs as, of every other account, and of the Namespace. */
  readonly account: unknown;
  readonly others: unknown;
  readonly namespace: unknown;
  /** A row of `SETTINGS_ROWS`. */
  readonly settings: unknown;
}

/** One request of the sidecar, as bytes on the wire. */
export interface RequestInput {
  readonly program: 'sidecar';
  readonly port: 'credentials' | 'health';
  readonly state: unknown;
  readonly method: unknown;
  readonly path: unknown;
  /** Pairs of name and value. */
  readonly headers: unknown;
  readonly body: unknown;
}

export type Input = ReviewInput | RequestInput;

/** What a find is counted under, and what has a pool of its own. */
export type Target = 'mutate' | 'validate' | 'credentials' | 'health';
export const TARGETS: readonly Target[] = ['mutate', 'validate', 'credentials', 'health'];

export function targetOf(input: Input): Target {
  return input.program === 'webhook' ? input.path : input.port;
}

/** Milliseconds of processor time on the reference machine; contract, section 6. */
export const BUDGET_MS = { webhook: 50, sidecar: 20 } as const;

export interface Seed {
  /** Finds of one name are told once. */
  readonly name: string;
  readonly input: Input;
}

/** Annotations of one object, all together (k8s.io/apimachinery, api/validation: TotalAnnotationSizeLimitB). */
const ANNOTATIONS_MAX = 256 * 1024;

/**
 * Annotations as an object that is stored can have them. A pod's are not cut: admission comes before the API's own
 * validation.
 */
export function storedAnnotations(value: unknown): Record<string, string> {
  const annotations: Record<string, string> = {};
  let left = ANNOTATIONS_MAX;
  for (const [key, text] of typeof value === 'object' && value !== null ? Object.entries(value) : []) {
    left -= Buffer.byteLength(key) + Buffer.byteLength(String(text));
    if (left < 0) break;
    if (typeof text === 'string') annotations[key] = text;
  }
  return annotations;
}

/** The review that the apiserver sends. Its own limit of a request is 3 MiB, so no object is larger. */
const OBJECT_MAX = 3 * 1024 * 1024;

/** Undefined where no apiserver would send it. */
export function bodyOf(input: ReviewInput): string | undefined {
  if (input.body !== undefined) return input.body;
  const kind = kindOf(input);
  const object = JSON.stringify(input.object ?? null);
  if (object.length > OBJECT_MAX) return undefined;
  const request = {
    uid: 'b7ae3c1f',
    kind,
    operation: 'CREATE',
    namespace: 'shop',
    object: 0,
    ...asObject(input.request),
  };
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  return JSON.stringify(review).replace('"object":0', () => `"object":${object}`);
}

function kindOf({ path, object }: ReviewInput): object {
  if (path === 'mutate') return { group: '', version: 'v1', kind: 'Pod' };
  const { kind } = asObject(object);
  return { group: '', version: 'v1', kind: kind === 'Namespace' ? kind : 'ServiceAccount' };
}

export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The request on the wire. */
export function bytesOf({ method, path, headers, body }: RequestInput): Buffer {
  const pairs = Array.isArray(headers) ? headers.filter((pair: unknown) => Array.isArray(pair)) : [];
  const lines = pairs.map(([name, value]: unknown[]) => `${String(name)}: ${String(value)}\r\n`);
  return Buffer.from(`${String(method)} ${String(path)} HTTP/1.1\r\n${lines.join('')}\r\n${String(body)}`, 'latin1');
}

/** Whether the JSON of a value has about so many characters at most. Looks no further than that. */
export function isWithin(value: unknown, chars: number): boolean {
  let left = chars;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && left >= 0) {
    const next = waiting.pop();
    left -= 2;
    if (typeof next === 'string') left -= next.length;
    else if (typeof next === 'object' && next !== null) {
      for (const [key, inner] of Object.entries(next)) {
        left -= key.length;
        if (left < 0) return false;
        waiting.push(inner);
      }
    }
  }
  return left >= 0;
}
