/**
 * The sidecar's configuration: one versioned document that the webhook writes into ROLECHAIN_CONFIG
 * and the sidecar reads. Both go through this file, so that they can't disagree.
 */
import * as v from 'valibot';
import { CREDENTIAL_SOURCES, STARTUPS, type Startup } from './choices.ts';
import { DNS_LABEL } from './kubernetes.ts';
import { LIMITS } from './limits.ts';
import { problem, type Checked } from './problem.ts';
import { check, type Schema } from './schema.ts';

/** Where a chain starts. `roleARN` is the account's `eks.amazonaws.com/role-arn`. */
export type SourceConfig =
  | { readonly type: 'auto'; readonly roleARN?: string | undefined; readonly stsRegion: string }
  | { readonly type: 'pod-identity' }
  | { readonly type: 'irsa'; readonly roleARN: string; readonly stsRegion: string }
  | { readonly type: 'environment' };

/** One AssumeRole call. */
export interface HopConfig {
  readonly roleARN: string;
  readonly externalID?: string | undefined;
  /** Template, see session-name.ts. */
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly stsRegion: string;
}

export interface RoleConfig {
  readonly source: SourceConfig;
  readonly startup: Startup;
  /** In order; the last one is the target. */
  readonly hops: readonly HopConfig[];
}

export interface SidecarConfig {
  readonly version: 1;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly cluster?: string | undefined;
  readonly ports: { readonly credentials: number; readonly health: number };
  /** URLs of the Pod Identity agent, tried in order. */
  readonly agentEndpoints: readonly string[];
  /** Instead of the Region's own STS endpoint. */
  readonly stsEndpoint?: string | undefined;
  readonly roles: Readonly<Record<string, RoleConfig>>;
}

const FIELDS = 'a map of fields';
const text = v.pipe(v.string('text'), v.minLength(1, 'text that is not empty'));
const url = v.pipe(v.string('a URL'), v.url('a URL'));
const port = v.pipe(v.number('a port'), v.integer('a port'), v.minValue(1, 'a port'), v.maxValue(65_535, 'a port'));

const SOURCE = v.variant(
  'type',
  [
    v.strictObject({ type: v.literal('auto'), roleARN: v.optional(text), stsRegion: text }),
    v.strictObject({ type: v.literal('pod-identity') }),
    v.strictObject({ type: v.literal('irsa'), roleARN: text, stsRegion: text }),
    v.strictObject({ type: v.literal('environment') }),
  ],
  `a map with a type of ${CREDENTIAL_SOURCES.join(', ')}`,
);

const HOP = v.strictObject(
  {
    roleARN: text,
    externalID: v.optional(text),
    sessionName: text,
    durationSeconds: v.pipe(v.number('seconds'), v.integer('whole seconds'), v.minValue(1, 'seconds')),
    stsRegion: text,
  },
  FIELDS,
);

const ROLE = v.strictObject(
  {
    source: SOURCE,
    startup: v.picklist(STARTUPS, `one of ${STARTUPS.join(', ')}`),
    hops: v.pipe(v.array(HOP, 'a list of hops'), v.minLength(1, 'at least one hop')),
  },
  FIELDS,
);

const MISNAMED = v.pipe(
  v.unknown(),
  v.check(() => false, 'a DNS label as its name'),
);

/** Not `v.record`: it leaves out the names `constructor` and `prototype`, which are DNS labels, and takes a list. */
const ROLES = v.pipe(
  v.lazy((input) =>
    typeof input === 'object' && input !== null && !Array.isArray(input)
      ? v.strictObject(
          Object.fromEntries(Object.keys(input).map((name) => [name, DNS_LABEL.test(name) ? ROLE : MISNAMED])),
        )
      : v.never('a map of roles'),
  ),
  v.check((roles) => Object.keys(roles).length > 0, 'at least one role'),
) as unknown as Schema<Readonly<Record<string, RoleConfig>>>;

const CONFIG: Schema<SidecarConfig> = v.strictObject(
  {
    version: v.literal(1, '1, the only version that this program knows'),
    namespace: text,
    serviceAccount: text,
    cluster: v.optional(text),
    ports: v.strictObject({ credentials: port, health: port }, FIELDS),
    agentEndpoints: v.pipe(v.array(url, 'a list of URLs'), v.minLength(1, 'at least one URL')),
    stsEndpoint: v.optional(url),
    roles: ROLES,
  },
  FIELDS,
);

/**
 * The document as ROLECHAIN_CONFIG carries it. Every `$` is written \u0024: the kubelet expands
 * `$(NAME)` in environment values and turns `$$` into `$` (k8s.io/kubernetes third_party/forked/golang/expansion).
 */
export function writeSidecarConfig(config: SidecarConfig): string {
  return JSON.stringify(config).replaceAll('$', String.raw`\u0024`);
}

/** Reads what `writeSidecarConfig` wrote; every problem names its field. No input throws. */
export function parseSidecarConfig(json: string): Checked<SidecarConfig> {
  const bytes = Buffer.byteLength(json);
  if (bytes > LIMITS.configBytes) {
    return {
      ok: false,
      problems: [problem('DocumentTooLarge', '', `has ${bytes} bytes; its limit is ${LIMITS.configBytes}`)],
    };
  }
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    return { ok: false, problems: [problem('DocumentUnreadable', '', 'is not valid JSON')] };
  }
  return check(CONFIG, data);
}
