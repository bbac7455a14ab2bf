/** In JSON Schema what schemas take that check by a function: each from the pattern and the limit that the function goes by. */
import {
  DNS_LABEL,
  DNS_SUBDOMAIN,
  DURATION_PARTS,
  FIELDS,
  FLUX_ROLE_ARN,
  LIMITS,
  NAME_GLOB,
  PLACEHOLDERS,
  POLICY,
  POLICY_ARN,
  REGION,
  ROLE_ARN_PATTERN,
  SENT_TAGS,
  TAG,
  TAG_PLACEHOLDERS,
  type EksFlags,
  type Schema,
} from '@rolechain/shared';
import { ALLOWED_SOURCES, SETTINGS_FIELDS, SIDECAR_VARIABLES } from '@rolechain/webhook';
import type { Form, Forms } from './json-convert.ts';

const text = (pattern: RegExp | string, more: Form = {}): Form => ({
  type: 'string',
  pattern: typeof pattern === 'string' ? pattern : pattern.source,
  ...more,
});
export const listForm = (items: Form, more: Form = {}): Form => ({ type: 'array', items, ...more });

/** Lengths in JSON Schema are of code points, as STS counts; in valibot of UTF-16 units, never fewer. */
const tagKey = text(TAG, { minLength: 1, maxLength: LIMITS.tagKeyMax });
const roleARN = text(ROLE_ARN_PATTERN, { minLength: LIMITS.roleARNMin, maxLength: LIMITS.roleARNMax });
const region = text(REGION, { maxLength: LIMITS.regionMax });
/** A URL as `URL` parses it, which takes much that the format `uri` doesn't. */
export const urlForm = text(':', { maxLength: LIMITS.urlMax });
/** JSON text of an object. */
export const policyText = text(POLICY, {
  maxLength: LIMITS.policyChars,
  allOf: [{ pattern: String.raw`^\s*\{[\s\S]*\}\s*$` }],
});
export const secondsForm: Form = {
  type: 'integer',
  minimum: LIMITS.durationMinSeconds,
  maximum: LIMITS.durationMaxSeconds,
};
/** In the sidecar's configuration the grammar of the annotation decides which of the two. */
export const anyRoleARN: Form = { anyOf: [roleARN, text(FLUX_ROLE_ARN)] };
export const ROLE_NAME: Form = { pattern: DNS_LABEL.source };

const durationForm: Form = { anyOf: [secondsForm, text(`^\\d{1,9}$|${DURATION_PARTS.source}`, { minLength: 1 })] };
const tagValue = text(TAG, { maxLength: LIMITS.tagValueMax });
/** TAG with placeholders in between. */
const placeholder = `\\{(?:${TAG_PLACEHOLDERS.join('|')})\\}`;
const tagPart = `(?:${TAG.source.slice(1, -2)}|${placeholder})*`;
const tagTemplate = text(`^${tagPart}${placeholder}${tagPart}$`, { maxLength: LIMITS.tagTemplateMax });
const tagsForm = (value: Form): Form => ({
  type: 'object',
  propertyNames: tagKey,
  additionalProperties: value,
  maxProperties: LIMITS.tags,
});
const templatesForm = tagsForm({ anyOf: [tagValue, tagTemplate] });

/** Of the annotation's fields. */
export const FORMS: Forms = new Map<Schema<unknown>, Form>([
  [FIELDS.roleARN.schema, roleARN],
  [
    FIELDS.sessionName.schema,
    text(`^(?:[\\w+=,.@-]|\\{(?:${PLACEHOLDERS.join('|')})\\})+$`, {
      maxLength: LIMITS.sessionNameTemplateMax,
    }),
  ],
  [FIELDS.duration.schema, durationForm],
  [FIELDS.region.schema, region],
  [FIELDS.stsRegion.schema, region],
  [FIELDS.tags.schema, templatesForm],
  [SENT_TAGS, tagsForm(tagValue)],
  [FIELDS.transitiveTagKeys.schema, listForm(tagKey, { maxItems: LIMITS.tags })],
  [FIELDS.policy.schema, { anyOf: [{ type: 'object' }, policyText] }],
  [
    FIELDS.policyARNs.schema,
    listForm(text(POLICY_ARN, { minLength: 20, maxLength: 2048 }), { maxItems: LIMITS.policyARNs }),
  ],
]);

const name = text(DNS_SUBDOMAIN, { minLength: 1, maxLength: 253 });
const filled: Form = { type: 'string', minLength: 1 };
const path = text('^/.', { maxLength: LIMITS.pathChars });
const glob = text(NAME_GLOB);
const map = (properties: Form): Form => ({ type: 'object', properties, additionalProperties: false });

const SETTINGS: Readonly<Partial<Record<keyof typeof SETTINGS_FIELDS, Form>>> = {
  region,
  imagePullSecrets: listForm(name, { maxItems: LIMITS.imagePullSecrets }),
  agentEndpoints: listForm(urlForm, { minItems: 1, maxItems: LIMITS.agentEndpoints }),
  stsEndpoint: urlForm,
  environmentSource: map({ secretName: filled, namespaces: listForm(filled) }),
  eksWebhook: map({
    annotationPrefix: name,
    tokenMountPath: path,
    containerCredentialsTokenMountPath: path,
    containerCredentialsTokenPath: text(/^[\w.-]+$/, { maxLength: LIMITS.pathChars }),
    containerCredentialsTokenVolumeName: text(DNS_LABEL),
  } satisfies Record<keyof EksFlags, Form>),
  allowedServiceAccounts: listForm(
    { ...map({ namespace: glob, name: { ...glob, default: '*' } }), required: ['namespace'] },
    { maxItems: LIMITS.allowedServiceAccounts },
  ),
  credentialSources: listForm({ enum: ALLOWED_SOURCES }, { minItems: 1, maxItems: ALLOWED_SOURCES.length }),
  maxSessionDuration: durationForm,
  defaultTags: templatesForm,
  forcedTags: templatesForm,
  sidecarEnvironment: map(Object.fromEntries(SIDECAR_VARIABLES.map((variable) => [variable, filled]))),
};

/** Of the settings. */
export const SETTINGS_FORMS: Forms = new Map(
  Object.entries(SETTINGS).map(([field, form]) => [SETTINGS_FIELDS[field as keyof typeof SETTINGS].schema, form]),
);
