/** A kind of objects, and what of one is asked for and kept. */
import type { Annotations } from '../objects/annotations.ts';

export interface Kind {
  /** Of its collection in the API: segments. */
  readonly path: readonly string[];
  /** The one object that is asked for; default all. A right that names it is enough then. */
  readonly name?: string;
  readonly project: Projector;
  /** For all that a list finds; what there is no room for is left out. */
  readonly maxBytes: number;
  /** Whether more than metadata is asked for. */
  readonly whole?: true;
}

/** What is read of an object. */
export interface Annotated {
  readonly metadata?: {
    name?: string;
    namespace?: string;
    annotations?: Record<string, string>;
    resourceVersion?: string;
  };
  /** Only where the whole object is asked for. */
  readonly spec?: unknown;
}

/** What is kept of an object. */
export interface CachedObject {
  readonly key: string;
  readonly annotations: Annotations;
}

/** Of an object as the API gives it, what is kept: at once, since a cluster's objects whole would take the memory. */
export type Projector = (object: Annotated) => CachedObject;

/** RBAC takes such a selector for the object's name (apiserver, endpoints/request, requestinfo.go). */
export const chosen = ({ name }: Kind): { fieldSelector?: string } =>
  name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
