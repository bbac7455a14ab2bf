import { e, type ErrorEntry } from './entry.ts';

/** What can be wrong in a document that a person wrote: annotation, settings, configuration. */
export const INPUT = {
  DocumentTooLarge: e(400, 'The document is larger than its limit.', 'Shorten it.'),
  DocumentTooComplex: e(
    400,
    'The document has more parts than its limit.',
    'Write it with fewer fields, lists and aliases; no role needs so many.',
  ),
  DocumentUnreadable: e(
    400,
    'The document is neither a role ARN nor YAML nor JSON.',
    'Correct the syntax at the place that the message names.',
  ),
  DocumentWrongType: e(
    400,
    'The document is not a map of fields.',
    'Write a bare role ARN, or one `field: value` per line.',
  ),
  FieldUnknown: e(400, 'The field is not known to this version.', 'Correct its name, or leave it out.'),
  FieldMissing: e(400, 'A required field is missing.', 'Add it.'),
  FieldWrongType: e(400, 'The value has the wrong type for the field.', 'Write what it takes.'),
  FieldOutOfRange: e(400, "The value is outside the field's limits.", 'Write a value within these limits.'),
  FieldConflict: e(400, 'Two fields contradict each other.', 'Leave one of them out.'),
} as const satisfies Record<string, ErrorEntry>;
