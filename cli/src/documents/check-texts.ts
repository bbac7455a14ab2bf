/** Fields that take text, and what YAML makes of a number or of `yes` without quotes. */
import { CodedError, isMap } from '@rolechain/shared';
import { mapOf } from '../objects/fields.ts';

/**
 * Throws FileInvalid where a name, a namespace, a ServiceAccount or an annotation of an object is there and is no text: it would count as
 * absent, and another ServiceAccount be looked at. The apiserver refuses such an object.
 */
export function checkTexts(file: string, kind: string, value: Readonly<Record<string, unknown>>): void {
  const problem = problemIn(value);
  if (problem !== undefined) {
    throw new CodedError('FileInvalid', `${file}: ${kind}: ${problem} is not text.`, { fix: 'Write it in quotes.' });
  }
  for (const [name, member] of Object.entries({ metadata: value.metadata, spec: value.spec })) {
    if (member === undefined || member === null || isMap(member)) continue;
    throw new CodedError('FileInvalid', `${file}: ${kind}: ${name} is not a map.`, { fix: 'Write its fields.' });
  }
}

function problemIn(object: Readonly<Record<string, unknown>>): string | undefined {
  const spec = mapOf(object.spec);
  const template = mapOf(spec.template ?? mapOf(mapOf(spec.jobTemplate).spec).template ?? object.template);
  return (
    ofMetadata(object.metadata) ??
    ofMetadata(template.metadata) ??
    ofTexts({ serviceAccountName: spec.serviceAccountName }, 'spec') ??
    ofTexts({ serviceAccountName: mapOf(template.spec).serviceAccountName }, 'the template')
  );
}

function ofMetadata(value: unknown): string | undefined {
  const { name, generateName, namespace, annotations } = mapOf(value);
  return ofTexts({ name, generateName, namespace }, 'metadata') ?? ofTexts(mapOf(annotations), 'annotation');
}

function ofTexts(fields: Readonly<Record<string, unknown>>, where: string): string | undefined {
  const wrong = Object.entries(fields).find(
    ([, value]) => value !== undefined && value !== null && typeof value !== 'string',
  );
  return wrong && `${where} ${wrong[0]}`;
}
