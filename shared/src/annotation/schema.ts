/** The annotation's document, made of the fields in fields.ts. What is written, and no more, decides its types (types.ts). */
import * as v from 'valibot';
import { DNS_LABEL, RESERVED_ROLES } from '../kubernetes.ts';
import { LIMITS } from '../limits.ts';
import { listOf, mapOf } from '../schema.ts';
import { FIELDS, NESTED, type Field, type FieldName } from './fields.ts';

type Fields = typeof FIELDS;
type At = Field['at'];
type Schemas<A extends At> = {
  readonly [K in FieldName as Fields[K]['at'] extends A ? K : never]: Fields[K]['schema'];
};

/** The schemas by name: `Object.fromEntries` forgets which name has which. */
function schemasAt<A extends At>(...places: readonly A[]): Schemas<A> {
  const here = Object.entries<Field>(FIELDS).filter(([, { at }]) => (places as readonly At[]).includes(at));
  return Object.fromEntries(here.map(([name, { schema }]) => [name, schema])) as never;
}

const MAP = 'a map of fields';
const HOP_FIELDS = v.partial(v.object(schemasAt('hop'))).entries;
const ROLE_FIELDS = v.partial(v.object(schemasAt('role', 'hop'))).entries;
/** The field that has to be there. */
const TARGET = { roleARN: FIELDS.roleARN.schema };

export const HOP = v.strictObject({ ...HOP_FIELDS, ...TARGET }, MAP);
const VIA = v.optional(listOf(HOP, NESTED.via.expects, LIMITS.via));
export const ROLE = v.strictObject({ ...ROLE_FIELDS, ...TARGET, via: VIA }, MAP);
const ROLES = v.optional(
  mapOf(
    ROLE,
    (name) => DNS_LABEL.test(name) && !RESERVED_ROLES.includes(name),
    `a role under a DNS label other than ${RESERVED_ROLES.join(' and ')}`,
    NESTED.roles.expects,
    LIMITS.roles,
  ),
);
export const DOCUMENT = v.strictObject({ ...ROLE_FIELDS, via: VIA, roles: ROLES });
