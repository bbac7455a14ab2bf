/**
 * The sound part of a document that has mistakes, so that its contradictions are told in the same answer.
 * What depends on an unsound field is left out too: no claim is made that mending that field would undo.
 */
import * as v from 'valibot';
import type { Document, WrittenRole, WrittenHop } from './types.ts';
import { LIMITS } from '../limits.ts';
import { FIELDS } from './fields.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Stands for a role ARN that is missing or unsound; the rules pass over it. */
export const NO_ARN = '';

/** Fields that can be judged only with another one. */
const DEPENDENT: readonly (readonly [on: string, field: string])[] = [
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
  // Of an unknown source the agent's tags can't be claimed; irsa brings none.
  if (unsound.has('credentialSource') || unsound.has('serviceAccount')) sound.credentialSource = 'irsa';
  const via = Array.isArray(written.via) ? written.via.slice(0, LIMITS.via) : [];
  return { ...(sound as unknown as WrittenHop), via: via.map(soundHop) };
}

function soundHop(written: unknown): WrittenHop {
  return soundFields(isMap(written) ? written : {}).sound as unknown as WrittenHop;
}

function soundFields(written: Fields) {
  const sound: Record<string, unknown> = { roleARN: NO_ARN };
  const unsound = new Set<string>();
  for (const [name, field] of Object.entries(FIELDS)) {
    if (!Object.hasOwn(written, name)) continue;
    const checked = v.safeParse(field.schema, written[name]);
    if (checked.success) sound[name] = checked.output;
    else unsound.add(name);
  }
  const left = DEPENDENT.filter(([on]) => unsound.has(on)).map(([, field]) => field);
  return { sound: Object.fromEntries(Object.entries(sound).filter(([name]) => !left.includes(name))), unsound };
}

export function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
