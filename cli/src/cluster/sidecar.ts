/** What a pod's own text says of its sidecar, of whatever version. Pure. */
import { ANNOTATIONS, ENV, LIMITS, PORTS, SIDECAR, isMap } from '@rolechain/shared';

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
}

type Json = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Json => (isMap(value) ? value : {});
const items = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(fields) : []);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * Undefined: the pod has no sidecar. Looked at member by member, not by this version's schema of the configuration: that of
 * another version may have other fields.
 */
export function sidecarOf(pod: unknown): SidecarFacts | undefined {
  const { metadata, spec, status } = fields(pod);
  const container = items(fields(spec).initContainers).find(({ name }) => name === SIDECAR.name);
  const config = container && configOf(container);
  if (!container || !config) return undefined;
  const injected = parse(text(fields(fields(metadata).annotations)[ANNOTATIONS.status.key]));
  const health = fields(config.ports).health;
  return {
    version: text(injected.version),
    annotationHash: text(injected.annotation),
    image: text(container.image) ?? '',
    healthPort: isPort(health) ? health : PORTS.health,
    roles: Object.keys(fields(config.roles)).slice(0, LIMITS.roles + 1),
    notRunning: whyNotRunning(fields(status)),
  };
}

function configOf(container: Json): Json | undefined {
  const variable = items(container.env).find(({ name }) => name === ENV.config);
  const written = text(variable?.value);
  return written === undefined ? undefined : parse(written);
}

/** Nothing where it is longer than what rolechain writes, or not JSON. */
function parse(json: string | undefined): Json {
  if (json === undefined || json.length > LIMITS.configBytes) return {};
  try {
    return fields(JSON.parse(json));
  } catch {
    return {};
  }
}

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= LIMITS.portMax;

function whyNotRunning(status: Json): string | undefined {
  const { phase, reason } = status;
  if (phase === 'Succeeded' || phase === 'Failed') return `the pod has ended (${text(reason) ?? phase})`;
  const own = items(status.initContainerStatuses).find(({ name }) => name === SIDECAR.name);
  const { waiting, terminated } = fields(own?.state);
  if (isMap(waiting)) return `its container waits (${text(waiting.reason) ?? 'no reason told'})`;
  if (isMap(terminated)) return `its container has ended (${text(terminated.reason) ?? 'no reason told'})`;
  if (phase === 'Pending' && own === undefined) return 'the pod is not on a node yet';
  return undefined;
}
