import { setImmediate as tick } from 'node:timers/promises';
import type { PatchOperation, WebhookConfiguration, WebhookConfigurationApi } from '../publish.ts';
import type { Secret, SecretApi } from '../store.ts';

/** What the API client throws: an Error with the status as `code`, and more in it than may be logged. */
export function httpError(code: number, body: unknown = {}): Error {
  return Object.assign(new Error(`HTTP-Code: ${code}\nBody: ${JSON.stringify(body)}`), { code, body });
}

export interface MemorySecret extends SecretApi {
  /** The Secret as it is stored. */
  current(): Secret | undefined;
  /** Puts it there, as another client would. */
  put(data: Record<string, string>, more?: Omit<Secret, 'data'>): void;
  remove(): void;
  /** The next calls of this verb fail with these statuses, or network errors where undefined. */
  fail(verb: 'read' | 'create' | 'replace', ...statuses: (number | undefined)[]): void;
  /** The calls that have been made, in order. */
  readonly calls: ('read' | 'create' | 'replace')[];
}

/** One Secret with the API server's semantics: 409 on a second create and on a stale resourceVersion. */
export function memorySecret(): MemorySecret {
  let stored: Secret | undefined;
  let version = 0;
  const failures = { read: [], create: [], replace: [] } as Record<
    'read' | 'create' | 'replace',
    (number | undefined)[]
  >;
  const calls: MemorySecret['calls'] = [];
  const write = (secret: Secret): Secret => {
    stored = structuredClone({ ...secret, metadata: { ...secret.metadata, resourceVersion: String(++version) } });
    return stored;
  };
  const call = async (verb: 'read' | 'create' | 'replace', body?: Secret): Promise<void> => {
    calls.push(verb);
    await tick();
    if (failures[verb].length === 0) return;
    const status = failures[verb].shift();
    // A proxy on the way may well send back what it was sent.
    throw status === undefined ? new TypeError('fetch failed') : httpError(status, body);
  };
  return {
    calls,
    current: () => structuredClone(stored),
    put: (data, more = {}) => void write({ ...more, data: toBase64(data) }),
    remove: () => void (stored = undefined),
    fail: (verb, ...statuses) => void failures[verb].push(...statuses),
    read: async () => {
      await call('read');
      return structuredClone(stored);
    },
    create: async (secret) => {
      await call('create', secret);
      if (stored !== undefined) throw httpError(409);
      return write(secret);
    },
    replace: async (secret) => {
      await call('replace', secret);
      if (stored === undefined) throw httpError(404);
      if (secret.metadata?.resourceVersion !== stored.metadata?.resourceVersion) throw httpError(409);
      return write(secret);
    },
  };
}

/** `data` of a Secret, from text to what the API has, and back. */
export function toBase64(data: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}

export function fromBase64(data: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

type Webhooks = { name: string; clientConfig: { caBundle?: string } }[];

export interface MemoryConfiguration extends WebhookConfigurationApi {
  /** As another client reads and replaces them. */
  webhooks: Webhooks;
  readonly patches: (readonly PatchOperation[])[];
  /** Called between the read of a caller and its patch, as another client would write there. */
  beforePatch: () => void;
}

/** One webhook configuration of any name that applies the JSON Patch operations used here, all or none. */
export function memoryConfiguration(webhooks: Webhooks): MemoryConfiguration {
  let stored = webhooks;
  let version = 1;
  const configuration: MemoryConfiguration = {
    kind: 'MutatingWebhookConfiguration',
    get webhooks() {
      return stored;
    },
    set webhooks(replaced) {
      stored = replaced;
      version++;
    },
    patches: [],
    beforePatch: () => undefined,
    read: async (): Promise<WebhookConfiguration> => {
      await tick();
      return structuredClone({ metadata: { resourceVersion: `${version}` }, webhooks: stored });
    },
    patch: async (_name, operations) => {
      await tick();
      configuration.beforePatch();
      const changed = structuredClone(stored);
      for (const { op, path, value } of operations) {
        if (path === '/metadata/resourceVersion') {
          if (value !== `${version}`) throw httpError(422);
          continue;
        }
        const [, index, field] = /^\/webhooks\/(\d+)\/(name|clientConfig\/caBundle)$/.exec(path) ?? [];
        const webhook = changed[Number(index)];
        if (webhook === undefined || (op === 'test' && webhook.name !== value)) throw httpError(422);
        if (op === 'add' && field === 'clientConfig/caBundle') webhook.clientConfig.caBundle = value;
      }
      configuration.webhooks = changed;
      configuration.patches.push(operations);
    },
  };
  return configuration;
}
