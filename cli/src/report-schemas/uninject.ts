/** What `rolechain uninject --output json` prints. */
import * as v from 'valibot';

export const DESCRIPTION = 'What is taken out of each pod of the input, with the objects as they are then.';

const text = v.string();

const OBJECT = v.strictObject({
  file: text,
  kind: text,
  namespace: text,
  name: text,
  changed: v.boolean(),
  /** Why nothing of it could be taken out. */
  message: v.optional(text),
  /** The object as it is then, where it is changed. */
  object: v.optional(v.record(v.string(), v.unknown())),
});

export const REPORT = v.strictObject({ objects: v.array(OBJECT) });

export type UninjectReport = v.InferOutput<typeof REPORT>;
export type UninjectedObject = v.InferOutput<typeof OBJECT>;
