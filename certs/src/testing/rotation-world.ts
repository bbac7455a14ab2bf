/**
 * Replicas that follow `plan` in a simulated cluster: certificates without keys, each request of a replica at a time of its
 * own, so that they interleave, guarded by versions as the API does. Apiservers see a configuration as it was at any time
 * within the last LAG_MS.
 */
import { BACKDATED_MS, type CertificateTimes } from '@rolechain/shared';
import { withClockWrite } from '../clocks.ts';
import { vouchedSince, type State } from '../look.ts';
import { plan, type Authority, type Leaf, type SecretFacts, type Write } from '../rotation.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const START = Date.parse('2027-03-01T12:00:00Z');
export const CONFIGURATIONS = 2;

export interface World {
  /** Milliseconds since the start. */
  now: number;
  secret: SecretFacts | undefined;
  secretVersion: number;
  readonly configurations: Configuration[];
  readonly replicas: SimReplica[];
  /** Served and not vouched for. */
  readonly violations: string[];
  readonly writes: Write['do'][];
  made: number;
  /** CAs of a bundle that was ever published. */
  largest: number;
  /** Every clock may lie: only that bundles vouch for what is served is watched, not that it is valid by a right one. */
  readonly anyClock: boolean;
  readonly times: CertificateTimes;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly faults: {
    /** What nobody may do to the Secret. */
    secret: 'read' | 'write' | undefined;
    /** By index: those that cannot be asked. */
    readonly configurations: Set<number>;
  };
  /** Until then it is the fault of a hand that nothing vouches for what is served. */
  excusedUntil: number;
}

export interface Configuration {
  bundle: readonly Authority[];
  version: number;
  /** What it was, and until when. */
  before: { readonly bundle: readonly Authority[]; readonly until: number }[];
}

export interface SimReplica {
  readonly name: string;
  /** Of its wall clock. */
  readonly offMs: number;
  /** Undefined while it is down. */
  state: State | undefined;
  /** When it takes its next request. */
  wakes: number;
  /** What it does then, until it rests. */
  doing: Iterator<number, number> | undefined;
  isNudged: boolean;
  /** The longest that a request of it takes, and a nudge. */
  readonly slowMs: number;
}

export const wallOf = (world: World, offMs = 0): number => START + world.now + offMs;

export function makeCA(world: World, offMs = 0): Authority {
  const wall = wallOf(world, offMs);
  return { id: `ca${++world.made}`, from: wall - BACKDATED_MS, to: wall + world.times.authorityMs };
}

export function makeLeaf(world: World, ca: Authority, offMs = 0): Leaf {
  const wall = wallOf(world, offMs);
  const to = Math.min(wall + world.times.leafMs, ca.to);
  return { id: `leaf${++world.made}`, from: wall - BACKDATED_MS, to, issuers: [ca] };
}

export function setConfiguration(world: World, configuration: Configuration, bundle: readonly Authority[]): void {
  configuration.before.push({ bundle: configuration.bundle, until: world.now });
  configuration.bundle = bundle;
  configuration.version++;
  nudge(world);
}

export function setSecret(world: World, secret: SecretFacts | undefined): void {
  world.secret = secret;
  world.secretVersion++;
  nudge(world);
}

/** A change ends the rest of each, or the next one: nudges.ts. */
function nudge(world: World): void {
  for (const replica of world.replicas) {
    replica.isNudged = true;
    if (replica.doing === undefined) hurry(world, replica);
  }
}

function hurry(world: World, replica: SimReplica): void {
  replica.isNudged = false;
  replica.wakes = Math.min(replica.wakes, world.now + world.random() * replica.slowMs);
}

export function startReplica(world: World, replica: SimReplica): void {
  const jitter = world.random();
  replica.state = {
    served: undefined,
    servedSince: world.now,
    vouchedSince: new Map(),
    jitter,
    clockWrites: [],
    isClockDoubtful: false,
  };
  replica.doing = undefined;
  replica.wakes = world.now;
}

/** More than any way through `plan` has, with all that others write meanwhile. */
const MOST_STEPS = 200;

/** One look, as look.ts does it: yields how long each request takes, and at last how long it rests. */
function* look(world: World, replica: SimReplica): Generator<number, number> {
  const { configurations, times, random, faults } = world;
  const { offMs, slowMs } = replica;
  const state = replica.state!;
  let [canWrite, isTroubled] = [true, false];
  for (let steps = 0; ; steps++) {
    if (steps > MOST_STEPS) throw new Error(`${replica.name} finds no end`);
    const read: { index: number; bundle: readonly Authority[]; version: number }[] = [];
    for (const [index, { bundle, version }] of configurations.entries()) {
      if (!faults.configurations.has(index)) read.push({ index, bundle, version });
      yield random() * slowMs;
    }
    const isPartial = read.length < configurations.length;
    const isUnknown = faults.secret === 'read';
    isTroubled ||= isPartial || isUnknown;
    const { secret, secretVersion } = world;
    yield random() * slowMs;
    const at = { wall: wallOf(world, offMs), elapsed: world.now };
    const published = read.map(({ bundle }) => bundle);
    state.vouchedSince = isPartial ? new Map() : vouchedSince(published, state.vouchedSince, at);
    const facts = { secret: isUnknown ? ('unknown' as const) : (secret ?? ('missing' as const)), published, isPartial };
    const step = plan({ ...facts, replica: { ...state, canWrite } }, at, times);
    // As after a failure.
    if (step.do === 'rest') return isTroubled ? Math.min(step.forMs, random() * 2000) : step.forMs;
    if (step.do === 'serve') {
      state.served = secret!.leaf as Leaf;
      state.servedSince = world.now;
      continue;
    }
    yield random() * slowMs;
    if (step.do === 'publish') {
      for (const { index, bundle, version } of read) {
        const configuration = configurations[index]!;
        if (configuration.version === version && !faults.configurations.has(index)) {
          const others = step.others === 'keep' ? without(bundle, step.bundle) : [];
          const wanted = [...step.bundle, ...others.slice(0, 4)];
          world.largest = Math.max(world.largest, wanted.length);
          if (ids(wanted) !== ids(configuration.bundle)) setConfiguration(world, configuration, wanted);
        }
        yield random() * slowMs;
      }
    } else if (faults.secret !== undefined) {
      canWrite = false;
      isTroubled = true;
    } else if (world.secretVersion === secretVersion) {
      world.writes.push(step.do);
      setSecret(world, written(world, step, secret, offMs));
      state.clockWrites = withClockWrite(state.clockWrites, step, at);
    }
  }
}

function written(world: World, step: Write, secret: SecretFacts | undefined, offMs: number): SecretFacts {
  const keep = 'keep' in step ? step.keep : [];
  if (step.do === 'dropAuthorities') return { ...secret!, bundle: keep };
  if (step.do === 'renewLeaf')
    return { ...secret!, bundle: keep, leaf: makeLeaf(world, secret!.signer as Authority, offMs) };
  const signer = makeCA(world, offMs);
  const leaf = step.do === 'addAuthority' ? secret!.leaf : makeLeaf(world, signer, offMs);
  return { bundle: [signer, ...keep], signer, leaf };
}

export const without = (list: readonly Authority[], other: readonly Authority[]): Authority[] =>
  list.filter(({ id }) => !other.some((one) => one.id === id));

export const ids = (list: readonly Authority[]): string => list.map(({ id }) => id).join();

/** Until then, request by request; `events` happen in between. */
export function run(
  world: World,
  untilMs: number,
  events: { readonly at: number; readonly do: () => void }[] = [],
): void {
  const waiting = events.toSorted((a, b) => a.at - b.at);
  for (;;) {
    const next = world.replicas.filter(({ state }) => state).toSorted((a, b) => a.wakes - b.wakes)[0];
    const event = waiting[0];
    const at = Math.min(next?.wakes ?? Infinity, event?.at ?? Infinity);
    if (at > untilMs) break;
    world.now = Math.max(world.now, at);
    if (event && event.at <= at) {
      waiting.shift();
      event.do();
    } else if (next) proceed(world, next);
    watch(world);
  }
  world.now = untilMs;
}

function proceed(world: World, replica: SimReplica): void {
  replica.doing ??= look(world, replica);
  const next: IteratorResult<number, number> = replica.doing.next();
  replica.wakes = world.now + next.value;
  if (!next.done) return;
  replica.doing = undefined;
  if (replica.isNudged) hurry(world, replica);
}

/** What is served is vouched for by whatever an apiserver may have seen. One that publishes nothing lets nobody be called. */
function watch(world: World): void {
  const { now, times, configurations, replicas } = world;
  const isExcused = now <= world.excusedUntil;
  const wall = wallOf(world);
  for (const configuration of configurations) {
    configuration.before = configuration.before.filter(({ until }) => until >= now - times.lagMs);
    const seen = [configuration.bundle, ...configuration.before.map(({ bundle }) => bundle)];
    for (const { name, state } of replicas) {
      const served = state?.served;
      if (!served) continue;
      const vouches = (list: readonly Authority[]): boolean =>
        list.length === 0 ||
        served.issuers.some((ca) => (world.anyClock || ca.to > wall) && list.some(({ id }) => id === ca.id));
      const bad = seen.find((list) => !vouches(list));
      if (bad && !isExcused)
        world.violations.push(`${now} ${name} serves ${served.id} of ${ids(served.issuers)}: ${ids(bad)}`);
      if (!world.anyClock && served.to <= wall && !isExcused)
        world.violations.push(`${now} ${name} serves ${served.id}, which has expired`);
    }
  }
}
