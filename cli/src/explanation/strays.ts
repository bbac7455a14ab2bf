/** Annotations of rolechain that stand where nobody reads them, or are mistyped. Pure. */
import {
  ANNOTATIONS,
  ANNOTATION_PREFIX,
  FOREIGN_KEYS,
  isMap,
  isOneLetterAway,
  problem,
  type Problem,
} from '@rolechain/shared';
import { ANNOTATION_KEYS, keysOn, strayKeys, strayProblem, type AnnotatedKind } from '@rolechain/webhook';
import type { Json } from '../documents/manifests.ts';
import { annotationsOf } from '../documents/known-objects.ts';
import { found } from './codes.ts';
import type { Coded } from '../report-schemas/explain.ts';

export interface Stray {
  readonly key: string;
  readonly finding: Coded;
}

const DOMAIN = ANNOTATION_PREFIX.slice(0, -1);

/** Of an object that annotations of ours stand on, `whose` as messages call it. */
export function strayFindings(object: Json, kind: AnnotatedKind, whose: string): Stray[] {
  const annotations = annotationsOf(object);
  const strays = strayKeys(annotations, kind).map((key) => strayProblem(key, kind));
  return [...strays, ...mistypedPrefixes(annotations), ...labels(object)].map((found) => coded(found, whose));
}

/** Of a pod's account, which may ask by a key that nobody reads. */
export function accountStrays(account: Json, whose: string, fluxAlias: boolean): Stray[] {
  const annotations = annotationsOf(account);
  const flux = FOREIGN_KEYS.fluxAssumeRole;
  const isUnread =
    !fluxAlias && annotations[flux] !== undefined && annotations[ANNOTATIONS.assumeRole.key] === undefined;
  return [
    ...strayFindings(account, 'ServiceAccount', whose),
    ...(isUnread ? [{ key: flux, finding: found('FluxAliasOff') }] : []),
  ];
}

/** Of the object around a pod's template: its own annotations are not its pods'. */
export function outsideFindings(object: Json, whose: string): Stray[] {
  const keys = Object.keys(annotationsOf(object)).filter((key) => key.startsWith(ANNOTATION_PREFIX));
  const found = keys.map((key): Problem => {
    if (!keysOn('Pod').includes(key)) return strayProblem(key, 'Pod');
    const fix = "move it to the annotations of the pod's template";
    return problem('FieldUnknown', key, 'stands on the object that makes the pods, and has no effect there', fix);
  });
  return [...found, ...mistypedPrefixes(annotationsOf(object)), ...labels(object)].map((one) => coded(one, whose));
}

function mistypedPrefixes(annotations: Readonly<Record<string, string>>): Problem[] {
  return Object.keys(annotations).flatMap((key) => {
    const slash = key.indexOf('/');
    if (slash < 0 || !isOneLetterAway(key.slice(0, slash), DOMAIN)) return [];
    const meant = `${ANNOTATION_PREFIX}${key.slice(slash + 1)}`;
    return [problem('FieldUnknown', key, 'is not an annotation of rolechain', `did you mean ${meant}?`)];
  });
}

function labels({ metadata }: Json): Problem[] {
  const all = isMap(metadata) && isMap(metadata.labels) ? Object.keys(metadata.labels) : [];
  return all
    .filter((key) => ANNOTATION_KEYS.includes(key))
    .map((key) =>
      problem('FieldUnknown', key, 'stands among the labels, where nobody reads it', 'make it an annotation'),
    );
}

function coded({ code, path, text, fix }: Problem, whose: string): Stray {
  const end = fix.endsWith('?') ? '?' : '.';
  const sentence = `${fix.charAt(0).toUpperCase()}${fix.slice(1).replace(/[.?]$/, '')}${end}`;
  return { key: path, finding: { code, text: `${whose}: ${path} ${text}.`, fix: sentence } };
}
