/**
 * The one table of the annotation's fields: what each takes and means, and where it may stand. The parser,
 * the errors and the reference all read it.
 */
import * as v from 'valibot';
import { CREDENTIAL_SOURCES, STARTUPS, WEB_IDENTITIES } from '../enums.ts';
import { parseDuration } from '../duration.ts';
import { DNS_LABEL, DNS_SUBDOMAIN, RESERVED_ROLES } from '../kubernetes.ts';
import { LIMITS } from '../limits.ts';
import { isRegion, withRegionMeant } from '../regions.ts';
import { isMap, listOf, mapOf, type Output, type Schema } from '../schema.ts';
import { DEFAULT_SESSION_NAME, PLACEHOLDERS, unknownPlaceholders } from '../session-name.ts';
import { TAG_PLACEHOLDERS, withoutPlaceholders } from '../session-tags.ts';
import { ROLE_ARN, ROLE_ARN_LIMIT } from './role-arn.ts';

/** One field: the reference is generated from `expects`, `text` and `at`. */
export interface Field<T = unknown, At extends 'role' | 'hop' = 'role' | 'hop'> {
  readonly schema: Schema<T>;
  /** What it takes. */
  readonly expects: string;
  readonly text: string;
  /** `hop`: also in each entry of `via`. */
  readonly at: At;
}

function field<T, At extends Field['at']>(
  at: At,
  expects: string,
  text: string,
  schema: (expects: string) => Schema<T>,
): Field<T, At> {
  return { expects, text, at, schema: schema(expects) };
}

const text = (expects: string, min: number, max: number, pattern: RegExp): Schema<string> =>
  v.pipe(v.string(expects), v.minLength(min, expects), v.maxLength(max, expects), v.regex(pattern, expects));

const region = (expects: string): Schema<string> =>
  v.pipe(
    v.string(expects),
    v.check(isRegion, ({ input }) => withRegionMeant(expects, input)),
  );
/** STS API reference, AssumeRole: ExternalId. `\w` in STS's patterns is ASCII. */
export const EXTERNAL_ID = /^[\w+=,.@:/-]*$/;
/** What may stand around the placeholders: STS API reference, AssumeRole: RoleSessionName. */
const SESSION_NAME = /^[\w+=,.@{}-]*$/;
/** STS API reference, AssumeRole: Tags and TransitiveTagKeys. */
export const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
/** STS API reference, AssumeRole: SourceIdentity. */
const SOURCE_IDENTITY = /^[\w+=,.@-]*$/;
/** STS API reference, AssumeRole: Policy. */
export const POLICY = /^[\t\n\r\x20-\xff]+$/;
export const POLICY_ARN = /^arn:aws(?:-[a-z]+)*:iam::(?:\d{12}|aws):policy\/[\x21-\x7e]+$/;

/** Characters as STS counts them: code points, of one or two units each. */
const hasAtMost = (max: number, value: string): boolean => value.length <= 2 * max && Array.from(value).length <= max;
const isTagKey = (key: string): boolean => key !== '' && hasAtMost(LIMITS.tagKeyMax, key) && TAG.test(key);
/** Whether STS takes the value of a tag. */
export const isTagValue = (value: string): boolean => hasAtMost(LIMITS.tagValueMax, value) && TAG.test(value);
/** With placeholders it may be longer: what comes of it is looked at once they are filled in. */
function isTagTemplate(value: string): boolean {
  if (!value.includes('{')) return isTagValue(value);
  return hasAtMost(LIMITS.tagTemplateMax, value) && TAG.test(withoutPlaceholders(value));
}
const TAG_TEXT = `keys of 1-${LIMITS.tagKeyMax} and values of 0-${LIMITS.tagValueMax} letters, digits, spaces and _.:/=+-@ (numbers in quotes)`;
const TAG_TEMPLATES = `${TAG_TEXT}, in values also ${TAG_PLACEHOLDERS.map((name) => `{${name}}`).join(' ')}`;

const tagsOf = (isValue: (value: string) => boolean, misnamed: string) => (expects: string) =>
  mapOf(v.pipe(v.string(misnamed), v.check(isValue, misnamed)), isTagKey, misnamed, expects, LIMITS.tags);

/** Tags as they are sent. */
export const SENT_TAGS = tagsOf(isTagValue, TAG_TEXT)(`a map of at most ${LIMITS.tags} tags with ${TAG_TEXT}`);
/** What the annotation and the admin's settings take for tags. */
export const TAGS_EXPECTED = `a map of at most ${LIMITS.tags} tags with ${TAG_TEMPLATES}`;
export const tagTemplates = tagsOf(isTagTemplate, TAG_TEMPLATES);

/**
 * Whether the value of a policy is small enough to be read or written, in the time of that. As JSON each list, map and
 * value has two characters at least; an object that holds itself is deeper than any policy.
 */
function isWithin(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= LIMITS.policyChars;
  let left: number = LIMITS.policyChars;
  const take = (part: unknown, depth: number): boolean => {
    left -= typeof part === 'string' ? part.length : 1;
    if (left < 0 || depth > LIMITS.policyDepth) return false;
    if (typeof part !== 'object' || part === null) return true;
    return Object.entries(part).every(([key, item]) => take(key, depth) && take(item, depth + 1));
  };
  return take(value, 1);
}

/** A session policy as STS takes it: JSON text. An object is written as one, text must be one. */
function policyText(value: unknown): unknown {
  if (typeof value === 'string') return isPolicyText(value) ? value : undefined;
  return isMap(value) ? JSON.stringify(value) : undefined;
}

function isPolicyText(value: string): boolean {
  try {
    return isMap(JSON.parse(value));
  } catch {
    return false;
  }
}

/** A key of a Secret. */
export const SECRET_KEY_REF = v.strictObject(
  {
    name: text('the name of a Secret of the namespace', 1, 253, DNS_SUBDOMAIN),
    key: text('a key of the Secret', 1, 253, /^[-._a-zA-Z0-9]+$/),
  },
  'name and key',
);

/** The two parts of another account's name. */
export const ACCOUNT_NAME = text('the name of a ServiceAccount', 1, 253, DNS_SUBDOMAIN);
export const NAMESPACE_NAME = text('the name of a Namespace', 1, 63, DNS_LABEL);

const { durationMinSeconds, durationMaxChainedSeconds, durationMaxSeconds } = LIMITS;

/** How long a session lasts, in seconds. */
export const sessionDuration = (expects: string): Schema<number> =>
  v.pipe(
    v.unknown(),
    v.transform(parseDuration),
    v.number(expects),
    v.minValue(durationMinSeconds, expects),
    v.maxValue(durationMaxSeconds, expects),
  );

const TABLE = {
  roleARN: field(
    'hop',
    ROLE_ARN_LIMIT,
    'The role. At the top level: that of the role named `default`; may be absent when `roles` is there.',
    () => ROLE_ARN.rolechain,
  ),
  externalID: field(
    'hop',
    `text of ${LIMITS.externalIDMin}-${LIMITS.externalIDMax} characters of [A-Za-z0-9_+=,.@:/-] (digits alone in quotes)`,
    'The ExternalId sent with AssumeRole. It is not a secret, since it stands in an annotation.',
    (expects) => text(expects, LIMITS.externalIDMin, LIMITS.externalIDMax, EXTERNAL_ID),
  ),
  externalIDFrom: field(
    'hop',
    "a map with secretKeyRef {name, key} of a Secret of the pod's namespace",
    'The same from a Secret, read again at each refresh. The webhook never reads it. Excludes `externalID`.',
    (expects) => v.strictObject({ secretKeyRef: SECRET_KEY_REF }, expects),
  ),
  /** A template; the sidecar resolves it, since a generated pod name is unknown at admission. */
  sessionName: field(
    'hop',
    `a template of [A-Za-z0-9_+=,.@-] and ${PLACEHOLDERS.map((p) => `{${p}}`).join(' ')}, at most ${LIMITS.sessionNameTemplateMax} characters`,
    `The RoleSessionName; default \`${DEFAULT_SESSION_NAME}\`. A result over ${LIMITS.sessionNameMax} characters is cut and ends in a hash.`,
    (expects) =>
      v.pipe(
        text(expects, 1, LIMITS.sessionNameTemplateMax, SESSION_NAME),
        v.check((template) => unknownPlaceholders(template).length === 0, expects),
      ),
  ),
  duration: field(
    'hop',
    `${durationMinSeconds}-${durationMaxChainedSeconds} s, the limits of a chained session (to ${durationMaxSeconds} s with webIdentity: only), as 1h, 45m or seconds`,
    `How long a session lasts; default 1h. Under ${LIMITS.durationUnwiseSeconds / 60} minutes draws a warning.`,
    sessionDuration,
  ),
  /** Of the containers, and of the STS endpoint unless stsRegion is there. */
  region: field(
    'role',
    'the name of an AWS Region, such as eu-central-1',
    "Region of the containers and of the STS endpoint; default: the webhook's.",
    region,
  ),
  stsRegion: field(
    'hop',
    'the name of an AWS Region, such as eu-central-1',
    'Region of the STS endpoint alone.',
    region,
  ),
  tags: field(
    'hop',
    TAGS_EXPECTED,
    'Session tags. Placeholders are filled in when the pod is created; the admin may add tags of their own to the target.',
    tagTemplates,
  ),
  transitiveTagKeys: field(
    'hop',
    `a list of at most ${LIMITS.tags} keys of \`tags\``,
    'Tags that pass on to the later hops of the chain.',
    (expects) => listOf(v.pipe(v.string(expects), v.check(isTagKey, expects)), expects, LIMITS.tags),
  ),
  /** JSON text, whichever way it is written. */
  policy: field(
    'hop',
    `a policy as an object or as JSON text; with policyARNs at most ${LIMITS.policyChars} characters together`,
    'Session policy: the session may do what the role and this policy both allow.',
    (expects) =>
      v.pipe(
        v.unknown(),
        v.check(isWithin, expects),
        v.transform(policyText),
        v.string(expects),
        v.maxLength(LIMITS.policyChars, expects),
        v.regex(POLICY, expects),
      ),
  ),
  policyARNs: field(
    'hop',
    `a list of at most ${LIMITS.policyARNs} ARNs of managed policies, arn:aws:iam::<account id or aws>:policy/<name>`,
    'Managed session policies.',
    (expects) => listOf(text(expects, 20, 2048, POLICY_ARN), expects, LIMITS.policyARNs),
  ),
  sourceIdentity: field(
    'role',
    `text of ${LIMITS.sessionNameMin}-${LIMITS.sessionNameMax} characters of [A-Za-z0-9_+=,.@-]`,
    "The SourceIdentity of the chain, sent with its first AssumeRole; it can't change on the way.",
    (expects) => text(expects, LIMITS.sessionNameMin, LIMITS.sessionNameMax, SOURCE_IDENTITY),
  ),
  credentialSource: field(
    'role',
    `one of ${CREDENTIAL_SOURCES.join(', ')}`,
    'The base identity that the chain starts from; default auto. environment only where the admin allows it.',
    (expects) => v.picklist(CREDENTIAL_SOURCES, expects),
  ),
  /** The base identity is this account; the namespace is the pod's when absent. */
  serviceAccount: field(
    'role',
    'a map of name, and namespace if it is another one',
    'The base identity is that other ServiceAccount, by IRSA. Off unless the admin allows it.',
    (expects) => v.strictObject({ name: ACCOUNT_NAME, namespace: v.optional(NAMESPACE_NAME) }, expects),
  ),
  webIdentity: field(
    'role',
    `one of ${WEB_IDENTITIES.join(', ')}`,
    'never (default): chain. only: AssumeRoleWithWebIdentity on the target itself. prefer: the same, falling back to the chain.',
    (expects) => v.picklist(WEB_IDENTITIES, expects),
  ),
  startup: field(
    'role',
    `one of ${STARTUPS.join(', ')}`,
    `proceed: after ${LIMITS.startupSeconds} s without a first credential the pod starts all the same; require: it does not start. Default: the setting \`startup\`, which is proceed unless the admin sets it.`,
    (expects) => v.picklist(STARTUPS, expects),
  ),
} satisfies Record<string, Field>;

type Table = typeof TABLE;
export type FieldName = keyof Table;

/** What the schemas make of each field. */
export type FieldValues = { readonly [K in FieldName]: Output<Table[K]['schema']> };
export const FIELDS: { readonly [K in FieldName]: Field<FieldValues[K], Table[K]['at']> } = TABLE;

/** The two fields that hold others: documented beside the table. */
export const NESTED = {
  via: { expects: `a list of at most ${LIMITS.via} hops`, text: 'Roles to go through before the target, in order.' },
  roles: {
    expects: `a map of at most ${LIMITS.roles} roles in all; names are DNS labels other than ${RESERVED_ROLES.join(' and ')}`,
    text: 'Further roles by name, with the same fields. Nothing is inherited from the top level.',
  },
} as const;
