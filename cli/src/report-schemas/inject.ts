/** What `rolechain inject --output json` prints. */
import * as v from 'valibot';

export const DESCRIPTION = 'What the webhook would do to each pod of the input, with the objects as they are then.';

const text = v.string();

const OBJECT = v.strictObject({
  file: text,
  kind: text,
  namespace: text,
  name: text,
  outcome: v.picklist(['injected', 'skipped', 'refused', 'unknown']),
  /** Of the tables of reasons and errors. */
  reason: text,
  message: v.optional(text),
  warnings: v.array(text),
  changed: v.boolean(),
  /** The object as it is then, where it is changed. */
  object: v.optional(v.record(v.string(), v.unknown())),
});

export const REPORT = v.strictObject({ objects: v.array(OBJECT) });

export type InjectReport = v.InferOutput<typeof REPORT>;
export type InjectedObject = v.InferOutput<typeof OBJECT>;
