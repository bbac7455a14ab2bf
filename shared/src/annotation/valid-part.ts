/**
 * The sound part of a document that has mistakes, so that its contradictions are told in the same answer.
 * What depends on an unsound field is left out too: no claim is made that mending that field would undo.
 */
import type { Document, WrittenRole, WrittenHop } from './types.ts';
import { LIMITS } from '../limits.ts';
import { check, isMap } from '../schema.ts';
import { FIELDS, type FieldName, type FieldValues } from './fields.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Stands for a role ARN that is missing or unsound; the rules pass over it. */
export const NO_ARN = '';

/** Fields that can be judged only with another one. */
const DEPENDENT: readonly (readonly [on: FieldName, field: FieldName])[] = [
  ['tags', 'transitiveTagKeys'],
  ['webIdentity', 'duration'],
];

/** Whatever of the document's fields is in order, in the form that the schema gives. */
export function validPart(document: Fields): Document {
  const { roles, ...top } = document;
  // What is over a limit is told already.
  const all = isMap(roles) ? Object.entries(roles).slice(0, LIMITS.roles) : [];
  const further = all.filter(([, role]) => isMap(role));
  return {
    ...(Object.hasOwn(top, 'roleARN') ? soundRole(top) : {}),
    roles: Object.fromEntries(further.map(([name, role]) => [name, soundRole(role as Fields)])),
  };
}

function soundRole(written: Fields): WrittenRole {
  const { sound, unsound } = soundFields(written);
  const via = Array.isArray(written.via) ? written.via.slice(0, LIMITS.via) : [];
  // Of an unknown source the agent's tags can't be claimed; irsa brings none.
  const isUnknown = unsound.has('credentialSource') || unsound.has('serviceAccount');
  return { ...sound, ...(isUnknown ? { credentialSource: 'irsa' } : {}), via: via.map(soundHop) };
}

function soundHop(written: unknown): WrittenHop {
  return soundFields(isMap(written) ? written : {}).sound;
}

type Sound = { -readonly [K in FieldName]?: FieldValues[K] | undefined };

function soundFields(written: Fields) {
  const sound: Sound = {};
  const names = (Object.keys(FIELDS) as FieldName[]).filter((name) => Object.hasOwn(written, name));
  const unsound = new Set(names.filter((name) => !take(name, written[name], sound)));
  for (const [on, field] of DEPENDENT) if (unsound.has(on)) sound[field] = undefined;
  return { sound: { ...sound, roleARN: sound.roleARN ?? NO_ARN }, unsound };
}

/** Puts the field in where it is sound. */
function take<K extends FieldName>(name: K, written: unknown, into: Pick<Sound, K>): boolean {
  const checked = check(FIELDS[name].schema, written, 'first');
  if (checked.ok) into[name] = checked.value;
  return checked.ok;
}
