/**
 * JSON Schemas of what users and admins write and of what the sidecar reads, for editors and other tools. Made of the parsers' own
 * schemas, as tight as JSON Schema can say it, and never tighter: what depends on more than one field is the parser's alone.
 */
import {
  FIELDS,
  LIMITS,
  NESTED,
  RESERVED_ROLES,
  annotationSchema,
  hopSchema,
  roleSchema,
  sidecarConfigSchema,
  writtenHop,
  writtenRole,
  type Schema,
} from '@rolechain/shared';
import { SETTINGS_FIELDS } from '@rolechain/webhook';
import {
  FORMS,
  ROLE_NAME,
  SETTINGS_FORMS,
  listForm,
  urlForm,
  anyRoleARN,
  secondsForm,
  policyText,
} from './json-forms.ts';
import { makeConvert, type Form, type Forms } from './json-convert.ts';

const head = (name: string, title: string, description: string): Form => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `https://rolechain.io/schemas/${name}.schema.json`,
  title,
  description,
});

interface Documented {
  readonly expects: string;
  readonly text: string;
}

/** With what the reference says of each field. */
function described(object: Form, table: Readonly<Record<string, Documented>>): Form {
  const properties = Object.entries(object.properties as Readonly<Record<string, Form>>).map(([name, form]) => {
    const entry = Object.hasOwn(table, name) ? table[name] : undefined;
    return [name, entry ? { title: name, description: `${entry.text} Takes ${entry.expects}.`, ...form } : form];
  });
  return { ...object, properties: Object.fromEntries(properties) as unknown };
}

const DOCUMENTED: Readonly<Record<string, Documented>> = { ...FIELDS, ...NESTED };

function annotation(): Form {
  const convert = makeConvert(
    new Map<Schema<unknown>, Form>([
      ...FORMS,
      [writtenRole.entries.via, listForm({ $ref: '#/$defs/hop' }, { maxItems: LIMITS.via })],
      [
        annotationSchema.entries.roles,
        {
          type: 'object',
          propertyNames: { ...ROLE_NAME, not: { enum: RESERVED_ROLES } },
          additionalProperties: { $ref: '#/$defs/role' },
          maxProperties: LIMITS.roles,
        },
      ],
    ]),
  );
  const object = (schema: Schema<unknown>): Form => described(convert(schema), DOCUMENTED);
  return {
    ...head('annotation', 'rolechain.io/assume-role', 'The roles that pods of a ServiceAccount may assume.'),
    anyOf: [{ $ref: '#/$defs/roleARN' }, { $ref: '#/$defs/document' }],
    $defs: {
      roleARN: FORMS.get(FIELDS.roleARN.schema),
      document: {
        ...object(annotationSchema),
        // The fields at the top are those of the role `default`.
        anyOf: [
          { required: ['roleARN'] },
          { required: ['roles'], maxProperties: 1, properties: { roles: { type: 'object', minProperties: 1 } } },
        ],
      },
      role: object(writtenRole),
      hop: object(writtenHop),
    },
  };
}

function settings(): Form {
  const convert = makeConvert(new Map([...FORMS, ...SETTINGS_FORMS]));
  const fields = Object.entries(SETTINGS_FIELDS);
  const object = {
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, { schema }]) => [name, convert(schema)])),
    required: fields.filter(([, { fallback }]) => fallback === '').map(([name]) => name),
    additionalProperties: false,
  };
  return {
    ...head('settings', 'Settings of the webhook', 'The document in the ConfigMap rolechain-webhook.'),
    ...described(object, SETTINGS_FIELDS),
  };
}

function config(): Form {
  const whole = sidecarConfigSchema('rolechain');
  const role = roleSchema('rolechain');
  const hop = hopSchema('rolechain');
  const forms: Forms = new Map<Schema<unknown>, Form>([
    ...FORMS,
    [hop.entries.roleARN, anyRoleARN],
    [hop.entries.durationSeconds, secondsForm],
    [hop.entries.policy, policyText],
    [role.entries.hops, listForm({ $ref: '#/$defs/hop' }, { minItems: 1, maxItems: LIMITS.via + 1 })],
    [whole.entries.agentEndpoints, listForm(urlForm, { minItems: 1, maxItems: LIMITS.agentEndpoints })],
    [whole.entries.stsEndpoint, urlForm],
    [
      whole.entries.roles,
      {
        type: 'object',
        propertyNames: ROLE_NAME,
        additionalProperties: { $ref: '#/$defs/role' },
        minProperties: 1,
        maxProperties: LIMITS.roles,
      },
    ],
  ]);
  const convert = makeConvert(forms);
  return {
    ...head('sidecar-config', 'ROLECHAIN_CONFIG', "The sidecar's configuration, which the webhook writes."),
    ...convert(whole),
    $defs: {
      role: {
        ...convert(role),
        anyOf: [
          { required: ['source'] },
          { required: ['webIdentity'], properties: { webIdentity: { properties: { mode: { const: 'only' } } } } },
        ],
      },
      hop: described(convert(hop), DOCUMENTED),
    },
  };
}

/** The schemas by the file that they stand in. */
export function jsonSchemas(): Readonly<Record<string, string>> {
  const all = { annotation: annotation(), settings: settings(), 'sidecar-config': config() };
  return Object.fromEntries(
    Object.entries(all).map(([name, schema]) => [`docs/schemas/${name}.schema.json`, JSON.stringify(schema)]),
  );
}
