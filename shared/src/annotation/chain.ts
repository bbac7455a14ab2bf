/**
 * A role as the rules see it. The annotation's roles and those of the sidecar's configuration are both put into
 * this form, so that one set of rules judges them.
 */
import type { WebIdentityMode } from '../enums.ts';
import type { RoleSpec, WrittenHop } from './types.ts';
import type { FieldName } from './fields.ts';

/** One AssumeRole call: of either document's fields those that the rules may read. */
export interface Call extends Omit<WrittenHop, 'duration' | 'sessionName' | 'externalIDFrom'> {
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly externalIDFrom?: unknown;
}

/** The place of a field in the document that is judged. */
export type At = (field: FieldName | 'via') => string;

/** A call with its place in the document: of itself, and of its fields. */
export interface Step {
  readonly place: string;
  readonly at: At;
  readonly call: Call;
}

export interface Chain {
  /** In the order in which they are called, before the target. */
  readonly via: readonly Step[];
  /** Its `at` also places the fields of the role as a whole. */
  readonly target: Step;
  readonly webIdentity: WebIdentityMode;
  readonly sourceIdentity?: string | undefined;
  /** Further Regions that must be of the target's partition, with their places. */
  readonly regions: readonly (readonly [path: string, region: string])[];
  /** Whether the base session may come from the Pod Identity agent. */
  readonly fromAgent: boolean;
}

/** The steps of a chain, the target last. */
export function steps({ via, target }: Chain): readonly Step[] {
  return [...via, target];
}

/** A role of the annotation. `path` is its place: empty, or `roles.<name>.` */
export function chainOf(path: string, role: RoleSpec): Chain {
  const { webIdentity, sourceIdentity, region, credentialSource, serviceAccount } = role;
  const step = (place: string, call: Call): Step => ({ place, at: (field) => place + field, call });
  return {
    via: role.via.map((hop, index) => step(`${path}via.${index}.`, hop)),
    target: step(path, role),
    webIdentity,
    sourceIdentity,
    regions: region === undefined ? [] : [[`${path}region`, region]],
    fromAgent:
      webIdentity !== 'only' &&
      (credentialSource === 'pod-identity' || (credentialSource === 'auto' && serviceAccount === undefined)),
  };
}
