/** The shape of the sidecar's configuration; what a hop takes is what the annotation's fields take. */
import * as v from 'valibot';
import { ACCOUNT_NAME, FIELDS, NAMESPACE_NAME, SECRET_KEY_REF, SENT_TAGS } from '../annotation/fields.ts';
import { ROLE_ARN, type Grammar } from '../annotation/role-arn.ts';
import { CREDENTIAL_SOURCES } from '../enums.ts';
import { DNS_LABEL } from '../kubernetes.ts';
import { LIMITS } from '../limits.ts';
import { listOf, mapOf } from '../schema.ts';
import { isStsEndpoint } from '../sts-endpoint.ts';

const MAP = 'a map of fields';
const URLS = `a list of 1-${LIMITS.agentEndpoints} URLs`;
const text = v.pipe(v.string('text'), v.minLength(1, 'text that is not empty'));
const url = v.pipe(v.string('a URL'), v.maxLength(LIMITS.urlMax, 'a URL'), v.url('a URL'));
const STS_ENDPOINT = v.pipe(
  v.string('a URL'),
  v.check((pattern) => isStsEndpoint(pattern), 'a URL, with or without {region}'),
);
const port = v.pipe(v.number('a port'), v.integer('a port'), v.minValue(1, 'a port'), v.maxValue(65_535, 'a port'));

/** Whose web identity token: the pod's own projected one, or that of another ServiceAccount by TokenRequest. */
export const TOKEN = v.variant(
  'type',
  [
    v.strictObject({ type: v.literal('projected') }),
    v.strictObject({ type: v.literal('token-request'), namespace: NAMESPACE_NAME, name: ACCOUNT_NAME, audience: text }),
  ],
  'a map with a type of projected, token-request',
);

const region = FIELDS.stsRegion.schema;
/** The account's `eks.amazonaws.com/role-arn`: of another tool's annotation, so a rule says whether it is an ARN. */
const baseRole = text;
/** Where a chain starts. */
export const SOURCE = v.variant(
  'type',
  [
    v.strictObject({ type: v.literal('auto'), roleARN: v.optional(baseRole), stsRegion: region }),
    v.strictObject({ type: v.literal('pod-identity') }),
    v.strictObject({ type: v.literal('irsa'), roleARN: baseRole, stsRegion: region, token: TOKEN }),
    v.strictObject({ type: v.literal('environment') }),
  ],
  `a map with a type of ${CREDENTIAL_SOURCES.join(', ')}`,
);

const { schema: duration, expects: durationLimit } = FIELDS.duration;
/** Seconds alone, and text alone, of what the annotation writes in several forms. */
const SECONDS = v.pipe(
  v.number(durationLimit),
  v.transform((seconds): unknown => seconds),
  duration,
);
/** What is no text told as in the annotation: a number in quotes would be no policy either. */
const POLICY_TEXT = v.pipe(
  v.unknown(),
  v.transform((value) => (typeof value === 'string' ? value : undefined)),
  v.string(FIELDS.policy.expects),
  v.transform((text): unknown => text),
  FIELDS.policy.schema,
);

/** One AssumeRole call. Everything that goes into it stands here, in the one form that the grammar's schemas give. */
export const hop = (grammar: Grammar) =>
  v.strictObject(
    {
      roleARN: ROLE_ARN[grammar],
      externalID: v.optional(FIELDS.externalID.schema),
      /** Instead of externalID: read from its file at each call. */
      externalIDFrom: v.optional(SECRET_KEY_REF),
      /** Template, see session-name.ts. */
      sessionName: FIELDS.sessionName.schema,
      durationSeconds: SECONDS,
      stsRegion: region,
      tags: v.optional(SENT_TAGS),
      transitiveTagKeys: v.optional(FIELDS.transitiveTagKeys.schema),
      policy: v.optional(POLICY_TEXT),
      policyARNs: v.optional(FIELDS.policyARNs.schema),
      /** On the first hop of a chain alone. */
      sourceIdentity: v.optional(FIELDS.sourceIdentity.schema),
    },
    MAP,
  );

/** 32 random bytes in base64url: no SDK has to escape it in a header. */
export const ENDPOINT_TOKEN = /^[\w-]{43}$/;
const TOKEN_TEXT = 'a token of 43 characters in base64url';

const WEB_IDENTITY = v.strictObject(
  { mode: v.picklist(['only', 'prefer'] as const, 'only or prefer'), token: TOKEN },
  MAP,
);

const HOPS = `a list of 1-${LIMITS.via + 1} hops, the target as the last`;

export const role = (grammar: Grammar) =>
  v.pipe(
    v.strictObject(
      {
        /** Absent where the target is reached by web identity alone. */
        source: v.optional(SOURCE),
        /** AssumeRoleWithWebIdentity on the target itself: alone, or before the chain. */
        webIdentity: v.optional(WEB_IDENTITY),
        startup: FIELDS.startup.schema,
        /** Of the credentials endpoint where the webhook chose it (`authorization-token: env`); else the sidecar makes one. */
        token: v.optional(v.pipe(v.string(TOKEN_TEXT), v.regex(ENDPOINT_TOKEN, TOKEN_TEXT))),
        /** In order; the last one is the target. */
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

const roles = (grammar: Grammar) =>
  v.pipe(
    mapOf(role(grammar), (name) => DNS_LABEL.test(name), 'a DNS label as its name', ROLES, LIMITS.roles),
    v.check((map) => Object.keys(map).length > 0, ROLES),
  );

export const config = (grammar: Grammar) =>
  v.strictObject(
    {
      version: v.literal(1, '1, the only version that this program knows'),
      /** What the annotation was read by, where that is not ours: it says which role ARNs pass. */
      grammar: v.optional(v.literal('flux', 'flux, or is left out')),
      namespace: text,
      serviceAccount: text,
      cluster: v.optional(text),
      ports: v.strictObject({ credentials: port, health: port }, MAP),
      /** URLs of the Pod Identity agent, tried in order. */
      agentEndpoints: v.pipe(listOf(url, URLS, LIMITS.agentEndpoints), v.minLength(1, URLS)),
      /** Instead of the Region's own STS endpoint; `{region}` in it stands for the Region of a call. */
      stsEndpoint: v.optional(STS_ENDPOINT),
      /** The Region's FIPS endpoint of STS. */
      useFIPSEndpoint: v.optional(v.boolean('true or false')),
      /** The Region's dual-stack endpoint of STS, which has an IPv6 address, too. */
      useDualstackEndpoint: v.optional(v.boolean('true or false')),
      roles: roles(grammar),
    },
    MAP,
  );

const CONFIG = { rolechain: config('rolechain'), flux: config('flux') };

/** The schema by the grammar that the configuration names. */
export function configSchema(data: unknown): ReturnType<typeof config> {
  const named = (data as { readonly grammar?: unknown } | null | undefined)?.grammar;
  return CONFIG[named === 'flux' ? 'flux' : 'rolechain'];
}
