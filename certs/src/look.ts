/** One look: reads the facts, takes the step that `plan` says, and again until it says rest. */
import { warningFields, type CertificateTimes } from '@rolechain/shared';
import { isClockDoubtful, withClockWrite, type Instant } from './clocks.ts';
import { CertificateError, isFinal } from './errors.ts';
import type { MaintainOptions } from './maintain-options.ts';
import {
  publishCaBundle,
  publishedBundles,
  readConfiguration,
  type WebhookConfiguration,
  type WebhookConfigurationApi,
} from './publish.ts';
import { API_RETRIES, backoff, pause } from './retry.ts';
import { isIn, plan, type Authority, type Facts, type Leaf, type Step, type Write } from './rotation.ts';
import { readAuthorities } from './secret-facts.ts';
import { place, readStored, writeStored, type Stored, type StoreOptions } from './store.ts';

/** What a replica knows from one look to the next. */
export interface State {
  served: Leaf | undefined;
  servedSince: number;
  vouchedSince: ReadonlyMap<string, number>;
  readonly jitter: number;
  clockWrites: readonly number[];
  /** Said once. */
  isClockDoubtful: boolean;
}

export interface LookOptions extends MaintainOptions {
  readonly times: CertificateTimes;
  readonly now: () => number;
  readonly wall: () => Date;
}

/** More than any way through `plan` has, with all its conflicts. */
const MOST_STEPS = 32;

/** What can't be done in this look: the rest is done all the same. */
interface Troubles {
  first: unknown;
  isSecretUnknown: boolean;
  canWrite: boolean;
  isPartial: boolean;
  readonly leftOut: Set<WebhookConfigurationApi>;
  conflicts: number;
}

type Found = ReadonlyMap<WebhookConfigurationApi, WebhookConfiguration>;

/** The milliseconds to rest. Rejects with the first failure once all is done that can be done in spite of it. */
export async function look(options: LookOptions, state: State): Promise<number> {
  const troubles: Troubles = {
    ...{ first: undefined, isSecretUnknown: false, canWrite: true, isPartial: false },
    ...{ leftOut: new Set<WebhookConfigurationApi>(), conflicts: 0 },
  };
  for (let i = 0; i < MOST_STEPS && !options.signal.aborted; i++) {
    // The configurations first: what they publish was in the Secret before, so that a CA of which the Secret says nothing is
    // a former one.
    const found = await readConfigurations(options, state, troubles);
    const stored = await readSecretOnce(options, troubles);
    const at = { wall: options.wall().getTime(), elapsed: options.now() };
    const step = plan(factsOf(found, stored, state, troubles, at), at, options.times);
    tellOfClock(options, state, at);
    if (step.do === 'rest') {
      if (troubles.first === undefined) return step.forMs;
      break;
    }
    await take(step, { found, stored, options, state, troubles });
  }
  if (troubles.first === undefined) return options.times.lagMs;
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is what was caught
  throw troubles.first;
}

function tellOfClock({ times, log }: LookOptions, state: State, at: Instant): void {
  const before = state.isClockDoubtful;
  state.isClockDoubtful = isClockDoubtful(state.clockWrites, at, times);
  if (state.isClockDoubtful && !before) log.warn(warningFields('ClocksDiffer'), 'certificates: clocks differ');
}

async function readConfigurations(options: LookOptions, { served }: State, troubles: Troubles): Promise<Found> {
  const found = new Map<WebhookConfigurationApi, WebhookConfiguration>();
  for (const api of options.configurations) {
    if (troubles.leftOut.has(api)) continue;
    try {
      const configuration = await readConfiguration({ ...options, api });
      found.set(api, configuration);
      const lists = publishedBundles(configuration).map(readAuthorities);
      if (served && lists.every((list) => served.issuers.some(isIn(list)))) {
        options.onSeen?.({ kind: api.kind, authority: idOf(served.issuers) });
      }
    } catch (error) {
      leaveOut(api, error, options, served, troubles);
    }
  }
  return found;
}

function leaveOut(
  api: WebhookConfigurationApi,
  error: unknown,
  { onSeen }: LookOptions,
  served: Leaf | undefined,
  troubles: Troubles,
): void {
  troubles.first ??= error;
  troubles.leftOut.add(api);
  // One that is missing or may not be asked publishes nothing for us to wait for.
  if (!isFinal(error)) troubles.isPartial = true;
  onSeen?.({ kind: api.kind, authority: idOf(served?.issuers ?? []), error });
}

const idOf = (authorities: readonly Authority[]): string => authorities.map(({ id }) => id).join('');

async function readSecretOnce(options: LookOptions, troubles: Troubles): Promise<Stored | undefined> {
  if (troubles.isSecretUnknown) return undefined;
  try {
    return await readStored(storeOptions(options));
  } catch (error) {
    troubles.first ??= error;
    troubles.isSecretUnknown = true;
    return undefined;
  }
}

function factsOf(found: Found, stored: Stored | undefined, state: State, troubles: Troubles, at: Instant): Facts {
  const published = [...found.values()].flatMap(publishedBundles).map(readAuthorities);
  state.vouchedSince = troubles.isPartial ? new Map() : vouchedSince(published, state.vouchedSince, at);
  return {
    secret: stored === undefined ? 'unknown' : (stored.content?.facts ?? 'missing'),
    ...{ published, isPartial: troubles.isPartial },
    replica: { ...state, canWrite: troubles.canWrite },
  };
}

/** Of the CAs that every webhook publishes: one that is new there counts from now. */
export function vouchedSince(
  published: readonly (readonly Authority[])[],
  before: ReadonlyMap<string, number>,
  { elapsed }: Pick<Instant, 'elapsed'>,
): ReadonlyMap<string, number> {
  const [first = [], ...others] = published;
  const everywhere = first.filter((ca) => others.every((list) => isIn(list)(ca)));
  return new Map(everywhere.map(({ id }) => [id, before.get(id) ?? elapsed]));
}

interface Taking {
  readonly found: Found;
  readonly stored: Stored | undefined;
  readonly options: LookOptions;
  readonly state: State;
  readonly troubles: Troubles;
}

async function take(step: Exclude<Step, { do: 'rest' }>, taking: Taking): Promise<void> {
  if (step.do === 'publish') await publish(step, taking);
  else if (step.do === 'serve') await serve(taking);
  else await write(step, taking);
}

async function publish(
  { bundle, others }: Extract<Step, { do: 'publish' }>,
  { found, options, state, troubles }: Taking,
): Promise<void> {
  for (const [api, configuration] of found) {
    try {
      const isChanged = await publishCaBundle(configuration, { bundle: idOf(bundle), others }, { ...options, api });
      if (isChanged) options.log.info({ kind: api.kind, others }, 'certificates: the CA bundle was published');
    } catch (error) {
      if (!(await isConflict(error, options, troubles))) leaveOut(api, error, options, state.served, troubles);
    }
  }
}

async function serve({ stored, options, state }: Taking): Promise<void> {
  const { facts, serving } = stored?.content ?? {};
  if (facts === undefined || serving === undefined || typeof facts.leaf === 'string') return;
  await options.onChange(serving);
  state.served = facts.leaf;
  state.servedSince = options.now();
  options.log.info({ notAfter: serving.notAfter }, 'certificates: a new leaf is served');
}

async function write(step: Write, { stored, options, state, troubles }: Taking): Promise<void> {
  if (stored === undefined) return;
  try {
    await writeStored(step, stored, storeOptions(options));
    state.clockWrites = withClockWrite(state.clockWrites, step, { elapsed: options.now() });
  } catch (error) {
    if (await isConflict(error, options, troubles)) return;
    troubles.canWrite = false;
    const { serving } = stored.content ?? {};
    const isServed = serving !== undefined && options.wall() < serving.notAfter;
    if (!isServed || !(error instanceof CertificateError)) {
      troubles.first ??= error;
      return;
    }
    const fields = { ...place(options.secret), code: error.code, notAfter: serving.notAfter };
    options.log.warn(fields, `certificates: could not be renewed, the present ones are served on: ${error.message}`);
  }
}

/** Somebody wrote in between, or the API server had too much to do: it is enough to read again. */
async function isConflict(error: unknown, { signal }: LookOptions, troubles: Troubles): Promise<boolean> {
  if (isFinal(error) || ++troubles.conflicts >= API_RETRIES.attempts) return false;
  await pause(backoff(troubles.conflicts, API_RETRIES), signal);
  return !signal.aborted;
}

function storeOptions({ secret, dnsNames, times, wall, log, signal }: LookOptions): StoreOptions {
  return { ...secret, ...{ dnsNames, times, now: wall, log, signal } };
}
