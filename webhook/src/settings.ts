/** The admin's settings: one YAML document in a ConfigMap, read once at start and checked as a whole. */
import * as v from 'valibot';
import { parse } from 'yaml';
import {
  AGENT_ENDPOINTS,
  LIMITS,
  MESH_CONTAINERS,
  PORTS,
  check,
  problem,
  type Checked,
  type Schema,
} from '@rolechain/shared';

export interface Settings {
  /** Default Region of the containers and of STS; when absent, the label of the webhook's own node. */
  readonly region?: string | undefined;
  /** The cluster's name, for `{cluster}` in session names. */
  readonly cluster?: string | undefined;
  /** The sidecar's image, pinned by digest. */
  readonly sidecarImage: string;
  /** What a conflict of a pod or container does: refuse the pod, or warn and leave it (or the container) alone. */
  readonly conflicts: 'refuse' | 'warn';
  /** Containers that hold no role by their name. */
  readonly meshContainers: readonly string[];
  readonly environmentSource: { readonly secretName: string; readonly namespaces: readonly string[] };
  readonly agentEndpoints: readonly string[];
  readonly stsEndpoint?: string | undefined;
  /** Where the webhook listens, and under which names its objects stand in the cluster. */
  readonly address: string;
  readonly port: number;
  readonly healthPort: number;
  readonly serviceName: string;
  readonly certificateSecret: string;
  readonly webhookConfiguration: string;
  readonly logLevel: string;
}

/** What `decide` reads: settings whose Region is known. */
export type DecideSettings = Pick<
  Settings,
  'cluster' | 'sidecarImage' | 'conflicts' | 'meshContainers' | 'environmentSource' | 'agentEndpoints' | 'stsEndpoint'
> & { readonly region: string };

const text = v.pipe(v.string('text'), v.minLength(1, 'text that is not empty'));
const texts = v.array(text, 'a list of texts');
const url = v.pipe(v.string('a URL'), v.url('a URL'));
const port = v.pipe(v.number('a port'), v.integer('a port'), v.minValue(0, 'a port'), v.maxValue(65_535, 'a port'));
const CONFLICTS = ['refuse', 'warn'] as const;
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

const SETTINGS = v.strictObject(
  {
    region: v.optional(text),
    cluster: v.optional(text),
    sidecarImage: text,
    conflicts: v.optional(v.picklist(CONFLICTS, `one of ${CONFLICTS.join(', ')}`), 'refuse'),
    meshContainers: v.optional(texts, [...MESH_CONTAINERS]),
    environmentSource: v.optional(
      v.strictObject({ secretName: v.optional(text, 'rolechain-environment'), namespaces: v.optional(texts, []) }),
      {},
    ),
    agentEndpoints: v.optional(v.pipe(v.array(url, 'a list of URLs'), v.minLength(1, 'at least one URL')), [
      ...AGENT_ENDPOINTS,
    ]),
    stsEndpoint: v.optional(url),
    address: v.optional(text, '::'),
    port: v.optional(port, PORTS.webhook),
    healthPort: v.optional(port, PORTS.webhookHealth),
    serviceName: v.optional(text, 'rolechain-webhook'),
    certificateSecret: v.optional(text, 'rolechain-webhook-tls'),
    webhookConfiguration: v.optional(text, 'rolechain'),
    logLevel: v.optional(v.picklist(LEVELS, `one of ${LEVELS.join(', ')}`), 'info'),
  },
  'a map of fields',
) as unknown as Schema<Settings>;

/** Reads the settings file's text; every problem names its field. No input throws. */
export function parseSettings(yaml: string): Checked<Settings> {
  let data: unknown;
  try {
    data = parse(yaml, { uniqueKeys: true, maxAliasCount: LIMITS.yamlAliases, schema: 'core' });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : '';
    return { ok: false, problems: [problem('DocumentUnreadable', '', `is not valid YAML: ${reason}`)] };
  }
  return check(SETTINGS, data ?? {});
}
