/**
 * The sidecar's configuration: one versioned document that the webhook writes into ROLECHAIN_CONFIG
 * and the sidecar reads. Both go through this file, so that they can't disagree.
 */
import * as v from 'valibot';
import { CREDENTIAL_SOURCES, STARTUPS, type Startup } from './choices.ts';
import { DNS_LABEL } from './kubernetes.ts';
import type { SecretKeyRef } from './annotation/assume-role.ts';
import { LIMITS } from './limits.ts';
import { problem, type Checked } from './problem.ts';
import { check, mapOf, type Schema } from './schema.ts';

/** Whose web identity token: the pod's own projected one, or that of another ServiceAccount by TokenRequest. */
export type TokenConfig =
  | { readonly type: 'projected' }
  | { readonly type: 'token-request'; readonly namespace: string; readonly name: string; readonly audience: string };

/** Where a chain starts. `roleARN` is the account's `eks.amazonaws.com/role-arn`. */
export type SourceConfig =
  | { readonly type: 'auto'; readonly roleARN?: string | undefined; readonly stsRegion: string }
  | { readonly type: 'pod-identity' }
  | { readonly type: 'irsa'; readonly roleARN: string; readonly stsRegion: string; readonly token: TokenConfig }
  | { readonly type: 'environment' };

/** One AssumeRole call. Everything that goes into it stands here. */
export interface HopConfig {
  readonly roleARN: string;
  readonly externalID?: string | undefined;
  /** Instead of externalID: read from its file at each call. */
  readonly externalIDFrom?: SecretKeyRef | undefined;
  /** Template, see session-name.ts. */
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly stsRegion: string;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly transitiveTagKeys?: readonly string[] | undefined;
  readonly policy?: string | undefined;
  readonly policyARNs?: readonly string[] | undefined;
  /** On the first hop of a chain alone. */
  readonly sourceIdentity?: string | undefined;
}

export interface RoleConfig {
  /** Absent where the target is reached by web identity alone. */
  readonly source?: SourceConfig | undefined;
  /** AssumeRoleWithWebIdentity on the target itself: alone, or before the chain. */
  readonly webIdentity?: { readonly mode: 'only' | 'prefer'; readonly token: TokenConfig } | undefined;
  readonly startup: Startup;
  /** The token of the credentials endpoint where the webhook chose it (`authorization-token: env`); else the sidecar makes one. */
  readonly token?: string | undefined;
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
  /** The Region's FIPS endpoint of STS. */
  readonly useFIPSEndpoint?: boolean | undefined;
  readonly roles: Readonly<Record<string, RoleConfig>>;
}

const FIELDS = 'a map of fields';
const text = v.pipe(v.string('text'), v.minLength(1, 'text that is not empty'));
const url = v.pipe(v.string('a URL'), v.url('a URL'));
const port = v.pipe(v.number('a port'), v.integer('a port'), v.minValue(1, 'a port'), v.maxValue(65_535, 'a port'));

const TOKEN = v.variant(
  'type',
  [
    v.strictObject({ type: v.literal('projected') }),
    v.strictObject({ type: v.literal('token-request'), namespace: text, name: text, audience: text }),
  ],
  'a map with a type of projected, token-request',
);

const SOURCE = v.variant(
  'type',
  [
    v.strictObject({ type: v.literal('auto'), roleARN: v.optional(text), stsRegion: text }),
    v.strictObject({ type: v.literal('pod-identity') }),
    v.strictObject({ type: v.literal('irsa'), roleARN: text, stsRegion: text, token: TOKEN }),
    v.strictObject({ type: v.literal('environment') }),
  ],
  `a map with a type of ${CREDENTIAL_SOURCES.join(', ')}`,
);

const tagText = v.string('text');
const HOP = v.strictObject(
  {
    roleARN: text,
    externalID: v.optional(text),
    externalIDFrom: v.optional(v.strictObject({ name: text, key: text }, FIELDS)),
    sessionName: text,
    durationSeconds: v.pipe(v.number('seconds'), v.integer('whole seconds'), v.minValue(1, 'seconds')),
    stsRegion: text,
    tags: v.optional(mapOf<string>(tagText, () => true, 'a tag', 'a map of tags')),
    transitiveTagKeys: v.optional(v.array(text, 'a list of keys')),
    policy: v.optional(text),
    policyARNs: v.optional(v.array(text, 'a list of ARNs')),
    sourceIdentity: v.optional(text),
  },
  FIELDS,
);

/** 32 random bytes in base64url: no SDK has to escape it in a header. */
export const ENDPOINT_TOKEN = /^[\w-]{43}$/;
const TOKEN_TEXT = 'a token of 43 characters in base64url';

const WEB_IDENTITY = v.strictObject(
  { mode: v.picklist(['only', 'prefer'] as const, 'only or prefer'), token: TOKEN },
  FIELDS,
);

const ROLE = v.pipe(
  v.strictObject(
    {
      source: v.optional(SOURCE),
      webIdentity: v.optional(WEB_IDENTITY),
      startup: v.picklist(STARTUPS, `one of ${STARTUPS.join(', ')}`),
      token: v.optional(v.pipe(v.string(TOKEN_TEXT), v.regex(ENDPOINT_TOKEN, TOKEN_TEXT))),
      hops: v.pipe(v.array(HOP, 'a list of hops'), v.minLength(1, 'at least one hop')),
    },
    FIELDS,
  ),
  v.check(
    ({ source, webIdentity }) => source !== undefined || webIdentity?.mode === 'only',
    'a source, unless webIdentity is only',
  ),
);

const ROLES: Schema<Readonly<Record<string, RoleConfig>>> = v.pipe(
  mapOf<RoleConfig>(ROLE, (name) => DNS_LABEL.test(name), 'a DNS label as its name', 'a map of roles'),
  v.check((roles) => Object.keys(roles).length > 0, 'at least one role'),
);

const CONFIG: Schema<SidecarConfig> = v.strictObject(
  {
    version: v.literal(1, '1, the only version that this program knows'),
    namespace: text,
    serviceAccount: text,
    cluster: v.optional(text),
    ports: v.strictObject({ credentials: port, health: port }, FIELDS),
    agentEndpoints: v.pipe(v.array(url, 'a list of URLs'), v.minLength(1, 'at least one URL')),
    stsEndpoint: v.optional(url),
    useFIPSEndpoint: v.optional(v.boolean('true or false')),
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
