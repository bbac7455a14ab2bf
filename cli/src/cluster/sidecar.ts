/** What a pod's own text says of its sidecar, of whatever version. Pure. */
import { ANNOTATIONS, ENV, LIMITS, PORTS, SIDECAR, isMap } from '@rolechain/shared';
import { hasEnded, mapOf, mapsOf, textAt } from '../objects/fields.ts';

export interface SidecarFacts {
  /** Of the annotation `status`; undefined where a version wrote none that can be read. */
  readonly version: string | undefined;
  /** Hash of the annotation that the pod was made of. */
  readonly annotationHash: string | undefined;
  readonly image: string;
  readonly healthPort: number;
  /** Of the configuration; empty where it can't be read. */
  readonly roles: readonly string[];
  /** Why its container does not run; undefined where it runs, or nobody has said yet. */
  readonly notRunning: string | undefined;
  /** What the kubelet calls it when it can't pull the image; undefined where it can, or nobody has said. */
  readonly notPulled: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Undefined: the pod has no sidecar. Looked at member by member, not by this version's schema of the configuration: that of
 * another version may have other fields.
 */
export function sidecarOf(pod: unknown): SidecarFacts | undefined {
  const { metadata, spec, status } = mapOf(pod);
  const container = containerOf(spec);
  const config = container && configOf(container);
  if (!container || !config) return undefined;
  const injected = parse(textAt(mapOf(mapOf(metadata).annotations)[ANNOTATIONS.status.key]));
  const health = mapOf(config.ports).health;
  return {
    version: textAt(injected.version),
    annotationHash: textAt(injected.annotation),
    image: textAt(container.image) ?? '',
    healthPort: isPort(health) ? health : PORTS.health,
    roles: Object.keys(mapOf(config.roles)).slice(0, LIMITS.roles + 1),
    notPulled: hasEnded(pod) ? undefined : whyNotPulled(mapOf(status)),
    notRunning: hasEnded(pod) ? endedText(mapOf(status)) : whyNotRunning(mapOf(status)),
  };
}

const containerOf = (spec: unknown): Json | undefined =>
  mapsOf(mapOf(spec).initContainers).find(({ name }) => name === SIDECAR.name);

/** What the pod's sidecar works by, of whatever version; empty where it can't be read, undefined without a sidecar. */
export function sidecarConfigOf(pod: unknown): Json | undefined {
  const container = containerOf(mapOf(pod).spec);
  return container && configOf(container);
}

function configOf(container: Json): Json | undefined {
  const variable = mapsOf(container.env).find(({ name }) => name === ENV.config);
  const written = textAt(variable?.value);
  return written === undefined ? undefined : parse(written);
}

/** Nothing where it is longer than what rolechain writes, or not JSON. */
function parse(json: string | undefined): Json {
  if (json === undefined || json.length > LIMITS.configBytes) return {};
  try {
    return mapOf(JSON.parse(json));
  } catch {
    return {};
  }
}

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= LIMITS.portMax;

const endedText = ({ phase, reason }: Json): string => `the pod has ended (${textAt(reason) ?? textAt(phase) ?? ''})`;

const ownStatus = (status: Json): Json | undefined =>
  mapsOf(status.initContainerStatuses).find(({ name }) => name === SIDECAR.name);

/** Reasons of pkg/kubelet/images/types.go. */
const NOT_PULLED: readonly unknown[] = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'];

function whyNotPulled(status: Json): string | undefined {
  const { reason } = mapOf(mapOf(ownStatus(status)?.state).waiting);
  return NOT_PULLED.includes(reason) ? textAt(reason) : undefined;
}

function whyNotRunning(status: Json): string | undefined {
  const { phase } = status;
  const own = ownStatus(status);
  const { waiting, terminated } = mapOf(own?.state);
  if (isMap(waiting)) return `its container waits (${textAt(waiting.reason) ?? 'no reason told'})`;
  if (isMap(terminated)) return `its container has ended (${textAt(terminated.reason) ?? 'no reason told'})`;
  if (phase === 'Pending' && own === undefined) return 'the pod is not on a node yet';
  return undefined;
}
