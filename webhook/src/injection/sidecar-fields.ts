/** What a second call does with each field of a sidecar that is there already. */
import type { API_TYPES } from '../objects/api-types.ts';
import { sameField } from '../objects/same-by-api.ts';

type Field = keyof typeof API_TYPES.Container;
type Container = Readonly<Record<string, unknown>>;

/**
 * `set`: it is made what a first call would write, or taken away where that writes nothing. All that can run, mount,
 * signal or probe something is set (contract, section 2). A field that the API gets later has to be decided here:
 * this does not compile while one is missing. Until then it stays as it is found.
 */
export const SIDECAR_FIELDS = {
  args: 'set',
  command: 'set',
  env: 'set',
  envFrom: 'set',
  image: 'set',
  // The plugin AlwaysPullImages sets it, and refuses a pod in which it is something else.
  imagePullPolicy: 'kept',
  lifecycle: 'set',
  livenessProbe: 'set',
  // By it the container is found.
  name: 'kept',
  ports: 'set',
  readinessProbe: 'set',
  resizePolicy: 'set',
  // LimitRanger and vertical autoscalers write them.
  resources: 'kept',
  restartPolicy: 'set',
  restartPolicyRules: 'set',
  securityContext: 'set',
  startupProbe: 'set',
  stdin: 'set',
  stdinOnce: 'set',
  terminationMessagePath: 'set',
  terminationMessagePolicy: 'set',
  tty: 'set',
  volumeDevices: 'set',
  volumeMounts: 'set',
  workingDir: 'set',
} as const satisfies Readonly<Record<Field, 'set' | 'kept'>>;

/** The fields whose value a first call decides. */
export type SetField = { [F in Field]: (typeof SIDECAR_FIELDS)[F] extends 'set' ? F : never }[Field];
export type SidecarFields = Readonly<Partial<Record<SetField, unknown>>>;

const SET = (Object.keys(SIDECAR_FIELDS) as Field[]).filter(
  (field): field is SetField => SIDECAR_FIELDS[field] === 'set',
);

/** The fields that say something else than what is wanted. */
export function differingFields(container: Container, wanted: SidecarFields): readonly SetField[] {
  return SET.filter((field) => !sameField('Container', field, container, wanted));
}
