/** What the sidecar says on /status, and what a command takes for that: the sidecar's types and the command's check are one. */
import * as v from 'valibot';
import { isDNSLabel } from './kubernetes.ts';
import { LIMITS } from './limits.ts';
import type { Result } from './problem.ts';
import { check, mapOf, type Output } from './schema.ts';

/** How a role stands. `failing`: no valid credentials, and the last fetch went wrong. */
export const ROLE_HEALTH = ['valid', 'fetching', 'failing'] as const;
export type RoleHealth = (typeof ROLE_HEALTH)[number];

/** Over what the table of errors and STS's own sentences have. */
const text = v.pipe(v.string('a text'), v.maxLength(8192, 'at most 8192 characters'));
const seconds = v.pipe(v.number('a number'), v.safeInteger('a whole number'));

const ERROR = v.object(
  { code: text, message: text, fix: text, bridged: v.exactOptional(v.literal(true)) },
  'an object',
);
const ROLE = v.object(
  {
    state: v.picklist(ROLE_HEALTH, ROLE_HEALTH.join(', ')),
    /** The base identity's; `web-identity` where the target is reached by it alone. */
    source: text,
    /** Role ARNs, the last one the target. */
    hops: v.pipe(v.array(text, 'a list'), v.maxLength(LIMITS.via + 1, `at most ${LIMITS.via + 1}`)),
    /** Of the session that is served. */
    secondsLeft: v.exactOptional(seconds),
    /**
     * Of the last fetch, even while an older session is still valid. `bridged`: the session is of that fetch all the same,
     * since kept credentials of the base identity or a hop stood in.
     */
    error: v.exactOptional(ERROR),
  },
  'an object',
);
/** The node's clock. `offsetSeconds`: AWS's time less the node's, positive where that is behind. Absent until STS has said the time. */
const CLOCK = v.object({ offsetSeconds: v.exactOptional(seconds) }, 'an object');
const PORT = v.pipe(v.number('a number'), v.safeInteger('a whole number'));
/** Where the sidecar listens. `error`: why it doesn't, of the credentials endpoint; without the other there is no /status. */
const PORTS = v.object(
  {
    credentials: v.object({ port: PORT, error: v.exactOptional(ERROR) }, 'an object'),
    health: v.object({ port: PORT }, 'an object'),
    hint: text,
  },
  'an object',
);
/** What is not known here is left out: a later version only adds. */
const STATUS = v.object(
  {
    version: v.literal(1, '1'),
    clock: CLOCK,
    /** Absent of a sidecar that is older. */
    ports: v.exactOptional(PORTS),
    roles: mapOf(ROLE, isDNSLabel, 'the name of a role', `at most ${LIMITS.roles + 1} roles`, LIMITS.roles + 1),
  },
  'an object',
);

export type SidecarStatus = Output<typeof STATUS>;
export type RoleStatus = Output<typeof ROLE>;
export type ClockStatus = Output<typeof CLOCK>;
export type PortsStatus = Output<typeof PORTS>;

/** Of what a pod answered, which may be anything. */
export function checkSidecarStatus(data: unknown): Result<SidecarStatus> {
  return check(STATUS, data, 'first');
}
