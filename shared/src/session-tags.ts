/** Values of session tags: templates, filled in at admission. Braces stand in no tag of STS's, so that none means itself. */
import { PLACEHOLDERS, type SessionNameValues } from './session-name.ts';

/** What a value may name: what is known when the pod is admitted. A generated pod name isn't. */
export const TAG_PLACEHOLDERS = PLACEHOLDERS.filter((name) => name !== 'pod');

const PLACEHOLDER = new RegExp(`\\{(${TAG_PLACEHOLDERS.join('|')})\\}`, 'g');

/** The value with its placeholders filled in; one whose value isn't known stays as it is. */
export function fillTagValue(template: string, values: SessionNameValues): string {
  return template.replace(PLACEHOLDER, (whole, name: keyof SessionNameValues) => values[name] ?? whole);
}

/** What stands around the placeholders. */
export function withoutPlaceholders(template: string): string {
  return template.replace(PLACEHOLDER, '');
}
