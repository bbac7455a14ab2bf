/** The shape of the sidecar's configuration; what a hop takes is what the annotation's fields take. */
import * as v from 'valibot';
import { ACCOUNT_NAME, FIELDS, NAMESPACE_NAME, SECRET_KEY_REF } from '../annotation/fields.ts';
import { ROLE_ARN, type Grammar } from '../annotation/role-arn.ts';
import { CREDENTIAL_SOURCES } from '../enums.ts';
import { DNS_LABEL } from '../kubernetes.ts';
import { LIMITS } from '../limits.ts';
import { listOf, mapOf, type Schema } from '../schema.ts';
import { isStsEndpoint } from '../sts-endpoint.ts';
import type { SidecarConfig, RoleConfig, HopConfig } from './types.ts';

const MAP = 'a map of fields';
const URLS = `a list of 1-${LIMITS.agentEndpoints} URLs`;
const text = v.pipe(v.string('text'), v.minLength(1, 'text that is not empty'));
const url = v.pipe(v.string('a URL'), v.maxLength(LIMITS.urlMax, 'a URL'), v.url('a URL'));
const STS_ENDPOINT = v.pipe(
  v.string('a URL'),
  v.check((pattern) => isStsEndpoint(pattern), 'a URL, with or without {region}'),
);
const port = v.pipe(v.number('a port'), v.integer('a port'), v.minValue(1, 'a port'), v.maxValue(65_535, 'a port'));

const TOKEN = v.variant(
  'type',
  [
    v.strictObject({ type: v.literal('projected') }),
    v.strictObject({ type: v.literal('token-request'), namespace: NAMESPACE_NAME, name: ACCOUNT_NAME, audience: text }),
  ],
  'a map with a type of projected, token-request',
);

const region = FIELDS.stsRegion.schema as Schema<string>;
/** Of the base role: admission reads it from another tool's annotation, and a rule says whether it is an ARN. */
const baseRole = text;
const SOURCE = v.variant(
  'type',
  [
    v.strictObject({ type: v.literal('auto'), roleARN: v.optional(baseRole), stsRegion: region }),
    v.strictObject({ type: v.literal('pod-identity') }),
    v.strictObject({ type: v.literal('irsa'), roleARN: baseRole, stsRegion: region, token: TOKEN }),
    v.strictObject({ type: v.literal('environment') }),
  ],
  `a map with a type of ${CREDENTIAL_SOURCES.join(', ')}`,
);

const { schema: duration, limit: durationLimit } = FIELDS.duration;
const { schema: policy, limit: policyLimit } = FIELDS.policy;
/** Text, and what is none told as in the annotation: a number in quotes would be no policy either. */
const POLICY_TEXT = v.pipe(
  v.unknown(),
  v.transform((value) => (typeof value === 'string' ? value : undefined)),
  v.string(policyLimit),
);

/** What the grammar's schemas make of a field, such as seconds, is what stands here; no other form of it does. */
const hop = (grammar: Grammar): Schema<HopConfig> =>
  v.strictObject(
    {
      roleARN: ROLE_ARN[grammar],
      externalID: v.optional(FIELDS.externalID.schema),
      externalIDFrom: v.optional(SECRET_KEY_REF),
      sessionName: FIELDS.sessionName.schema,
      durationSeconds: v.pipe(v.number(durationLimit), duration as v.GenericSchema<number>),
      stsRegion: region,
      tags: v.optional(FIELDS.tags.schema),
      transitiveTagKeys: v.optional(FIELDS.transitiveTagKeys.schema),
      policy: v.optional(v.pipe(POLICY_TEXT, policy as v.GenericSchema<string>)),
      policyARNs: v.optional(FIELDS.policyARNs.schema),
      sourceIdentity: v.optional(FIELDS.sourceIdentity.schema),
    },
    MAP,
  ) as unknown as Schema<HopConfig>;

/** 32 random bytes in base64url: no SDK has to escape it in a header. */
export const ENDPOINT_TOKEN = /^[\w-]{43}$/;
const TOKEN_TEXT = 'a token of 43 characters in base64url';

const WEB_IDENTITY = v.strictObject(
  { mode: v.picklist(['only', 'prefer'] as const, 'only or prefer'), token: TOKEN },
  MAP,
);

const HOPS = `a list of 1-${LIMITS.via + 1} hops, the target as the last`;

const role = (grammar: Grammar): Schema<RoleConfig> =>
  v.pipe(
    v.strictObject(
      {
        source: v.optional(SOURCE),
        webIdentity: v.optional(WEB_IDENTITY),
        startup: FIELDS.startup.schema as Schema<RoleConfig['startup']>,
        token: v.optional(v.pipe(v.string(TOKEN_TEXT), v.regex(ENDPOINT_TOKEN, TOKEN_TEXT))),
        hops: v.pipe(listOf(hop(grammar), HOPS, LIMITS.via + 1), v.minLength(1, HOPS)),
      },
      MAP,
    ),
    v.check(
      ({ source, webIdentity }) => source !== undefined || webIdentity?.mode === 'only',
      'a source, unless webIdentity is only',
    ),
  );

const ROLES = `a map of 1-${LIMITS.roles} roles`;

const roles = (grammar: Grammar): Schema<SidecarConfig['roles']> =>
  v.pipe(
    mapOf(role(grammar), (name) => DNS_LABEL.test(name), 'a DNS label as its name', ROLES, LIMITS.roles),
    v.check((map) => Object.keys(map).length > 0, ROLES),
  );

const config = (grammar: Grammar): Schema<SidecarConfig> =>
  v.strictObject(
    {
      version: v.literal(1, '1, the only version that this program knows'),
      grammar: v.optional(v.literal('flux', 'flux, or is left out')),
      namespace: text,
      serviceAccount: text,
      cluster: v.optional(text),
      ports: v.strictObject({ credentials: port, health: port }, MAP),
      agentEndpoints: v.pipe(listOf(url, URLS, LIMITS.agentEndpoints), v.minLength(1, URLS)),
      stsEndpoint: v.optional(STS_ENDPOINT),
      useFIPSEndpoint: v.optional(v.boolean('true or false')),
      useDualstackEndpoint: v.optional(v.boolean('true or false')),
      roles: roles(grammar),
    },
    MAP,
  );

const CONFIG: Readonly<Record<Grammar, Schema<SidecarConfig>>> = {
  rolechain: config('rolechain'),
  flux: config('flux'),
};

/** The schema by the grammar that the configuration names. */
export function configSchema(data: unknown): Schema<SidecarConfig> {
  const named = (data as { readonly grammar?: unknown } | null | undefined)?.grammar;
  return CONFIG[named === 'flux' ? 'flux' : 'rolechain'];
}
