/**
 * Events on their way to the apiserver: deduplicated, rate-limited, in bounded memory. Telling takes no time: an answer never waits
 * for it, and what there is no room for is dropped and counted.
 *
 *      tell ──► series (the same again: count + 1) ──► due ──► one write at a time, at a bounded rate
 *
 * client-go has the same parts (tools/record: EventCorrelator, EventSourceObjectSpamFilter).
 */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeFailure, mayPass, statusOf } from '@rolechain/certs';
import { LIMITS, type Logger } from '@rolechain/shared';
import type { EventDraft, Regarding } from './event.ts';
import type { Metrics } from './metrics.ts';

/** A new event, as the API takes it but for what is the same in all of them. */
export interface NewEvent extends EventDraft {
  readonly name: string;
  readonly regarding: Regarding & { readonly uid: string };
  readonly at: Date;
}

/** Each rejects with an error that has the HTTP status as its `code`. */
export interface EventApi {
  readonly create: (event: NewEvent) => Promise<unknown>;
  /** It has come so often, last at that time. */
  readonly repeat: (namespace: string, name: string, count: number, at: Date) => Promise<unknown>;
  /** Undefined: there is no such ServiceAccount. */
  readonly uidOf: (namespace: string, serviceAccount: string) => Promise<string | undefined>;
}

export interface EventRecorder {
  readonly tell: (draft: EventDraft) => void;
  /** Writes until the signal; never rejects. */
  readonly keep: () => Promise<void>;
  /** Writes what is pending, for a second at most; what is left then is counted as dropped. Never rejects. */
  readonly flush: () => Promise<void>;
}

export interface EventRecorderOptions {
  readonly api: EventApi;
  readonly metrics: Pick<Metrics, 'eventWritten' | 'eventDropped'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
  readonly date: () => Date;
  /** How long the loop rests where nothing is due. */
  readonly restMs?: number;
}

/** The same of one object. */
interface Series {
  readonly key: string;
  readonly draft: EventDraft;
  /** The greater of the two below: the second review of a pod is not a second pod. */
  count: number;
  /** Of pods that came as they were made, and of those that a review had changed already. */
  readonly reviews: { first: number; again: number };
  lastAt: Date;
  /** The same by the clock that nobody sets. */
  toldAt: number;
  /** The event's name, once it is there. */
  name: string | undefined;
  /** Nothing is written before. */
  dueAt: number;
  /** How long it rests after the next write. */
  restMs: number;
  failures: number;
}

const { eventSeries, eventRepeatMs, eventRepeatMaxMs, eventsPerSecond, eventsBurst, eventWaitMs } = LIMITS;
const { eventNamespaces, eventsOfNamespaceBurst, eventsOfNamespaceMs } = LIMITS;
const REST_MS = 250;
const RETRY_MS = 2000;
const TRIES = 3;
/** At the end of the process: one that does not answer must not use up the grace period. */
const FLUSH_MS = 1000;

export function makeEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { api, metrics, log, signal, now, date, restMs = REST_MS } = options;
  // In the order of their last use, the oldest first.
  const all = new Map<string, Series>();
  const due = new Set<Series>();
  const mayBegin = makeShares(now);
  let writable: number = eventsBurst;
  let filledAt = now();
  let told: string | undefined;

  const forget = (series: Series): void => {
    all.delete(series.key);
    due.delete(series);
  };
  const drop = (series: Series): void => {
    forget(series);
    metrics.eventDropped();
  };
  const makeRoom = (): boolean => {
    if (all.size < eventSeries) return true;
    for (const series of all.values()) {
      if (due.has(series)) continue;
      forget(series);
      return true;
    }
    return false;
  };

  const write = async (series: Series): Promise<void> => {
    const { draft, lastAt } = series;
    const { namespace } = draft.regarding;
    if (series.name !== undefined) {
      await api.repeat(namespace, series.name, series.count, lastAt);
      return;
    }
    const uid = draft.regarding.uid ?? (await api.uidOf(namespace, draft.regarding.name));
    // It went, or was never written.
    if (uid === undefined) throw Object.assign(new Error('no such ServiceAccount'), { code: 404 });
    const name = eventName(draft.regarding.name);
    await api.create({ ...draft, regarding: { ...draft.regarding, uid }, name, at: lastAt });
    series.name = name;
  };
  const mark = (series: Series, at: number): void => {
    series.dueAt = at;
    due.add(series);
  };
  const attempt = async (series: Series): Promise<void> => {
    due.delete(series);
    const counted = series.count;
    const isNew = series.name === undefined;
    try {
      await write(series);
      series.failures = 0;
      series.dueAt = now() + series.restMs;
      series.restMs = Math.min(eventRepeatMaxMs, 2 * series.restMs);
      // What came meanwhile, or before there was an event.
      if (series.count > (isNew ? 1 : counted)) mark(series, series.dueAt);
      metrics.eventWritten();
      told = undefined;
    } catch (error) {
      failed(series, error);
    }
  };
  const failed = (series: Series, error: unknown): void => {
    const status = statusOf(error);
    const isGone = status === 404;
    // An event lives for an hour by the apiserver's default: its series goes on in a new one.
    const goesOn = isGone && series.name !== undefined;
    if (goesOn) series.name = undefined;
    const again = goesOn || (!isGone && mayPass(status) && ++series.failures < TRIES);
    if (again) mark(series, now() + (goesOn ? 0 : RETRY_MS));
    else drop(series);
    const text = describeFailure(error);
    if (!isGone && text !== told) log.warn({ error: text }, 'event not written');
    if (!isGone) told = text;
  };

  const nextDue = (): Series | undefined => {
    const at = now();
    writable = Math.min(eventsBurst, writable + ((at - filledAt) / 1000) * eventsPerSecond);
    filledAt = at;
    if (writable < 1) return undefined;
    for (const series of due) {
      // Of a slow apiserver: it is no news any more, and would hold up what is.
      if (at - series.toldAt > eventWaitMs) drop(series);
      else if (series.dueAt <= at) return series;
    }
    return undefined;
  };

  return {
    tell: (draft) => {
      const key = keyOf(draft);
      const found = all.get(key);
      if (found) {
        all.delete(key);
        all.set(key, found);
        const before = found.count;
        count(found, draft);
        if (found.count === before) return;
        found.lastAt = date();
        found.toldAt = now();
        mark(found, found.dueAt);
        return;
      }
      if (!mayBegin(draft.regarding.namespace) || !makeRoom()) {
        metrics.eventDropped();
        return;
      }
      const series: Series = {
        ...{ key, draft, count: 0, reviews: { first: 0, again: 0 }, lastAt: date(), toldAt: now(), name: undefined },
        ...{ dueAt: now(), restMs: eventRepeatMs, failures: 0 },
      };
      count(series, draft);
      all.set(key, series);
      mark(series, series.dueAt);
    },
    keep: async () => {
      while (!signal.aborted) {
        const series = nextDue();
        if (series) {
          writable--;
          await attempt(series);
        } else await sleep(restMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    },
    flush: async () => {
      const pending = new Set(due);
      const over = new AbortController();
      const write = async (): Promise<void> => {
        // The rate of the others holds: all replicas may end at once.
        for (const series of [...pending].slice(0, eventsBurst)) {
          if (over.signal.aborted) return;
          await attempt(series);
          if (!due.has(series)) pending.delete(series);
        }
      };
      await Promise.race([write(), sleep(FLUSH_MS)]);
      over.abort();
      for (const series of pending) if (all.has(series.key)) drop(series);
      if (pending.size > 0) log.warn({ events: pending.size }, 'events not written before the end');
    },
  };
}

function count(series: Series, { isAgain = false }: EventDraft): void {
  const { reviews } = series;
  reviews[isAgain ? 'again' : 'first']++;
  series.count = Math.max(reviews.first, reviews.again);
}

/** Equal keys are one event. A hash: a thousand notes would be a megabyte. */
function keyOf({ regarding: { kind, namespace, name, uid }, action, reason, note }: EventDraft): string {
  const text = JSON.stringify([kind, namespace, name, uid, action, reason, note]);
  return createHash('sha256').update(text).digest('base64');
}

/** As client-go's: below the object's name, and another one for each series. The API takes 253 characters. */
function eventName(object: string): string {
  return `${object.slice(0, 200)}${object.length > 200 ? 'x' : ''}.${randomBytes(8).toString('hex')}`;
}

/** New events of one namespace: so many at once, then one each so many milliseconds. No namespace takes another's share. */
function makeShares(now: () => number): (namespace: string) => boolean {
  /** When all that was taken is given back; the namespace that was served last at the end. */
  const fullAt = new Map<string, number>();
  return (namespace) => {
    const at = now();
    const taken = Math.max(fullAt.get(namespace) ?? at, at) + eventsOfNamespaceMs;
    if (taken - at > eventsOfNamespaceBurst * eventsOfNamespaceMs) return false;
    fullAt.delete(namespace);
    fullAt.set(namespace, taken);
    for (const [oldest] of fullAt) {
      if (fullAt.size <= eventNamespaces) break;
      fullAt.delete(oldest);
    }
    return true;
  };
}
