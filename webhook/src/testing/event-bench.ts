/** A recorder of events without an apiserver, on a clock that the test sets. */
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { makeEventRecorder, type EventApi, type EventRecorder, type NewEvent } from '../telemetry/event-recorder.ts';
import type { EventDraft } from '../telemetry/event.ts';

export function draft(changes: Partial<EventDraft> & { uid?: string; namespace?: string } = {}): EventDraft {
  const { uid = 'u-1', namespace = 'shop', ...rest } = changes;
  const regarding = { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, name: 'orders-1', uid };
  return { regarding, action: 'Inject', reason: 'HostNetwork', note: 'why', ...rest };
}

export const failure = (code: number): Error => Object.assign(new Error('as the client throws it'), { code });

export interface EventBench {
  readonly recorder: EventRecorder;
  readonly created: NewEvent[];
  /** `name=count`, in their order. */
  readonly repeated: string[];
  readonly counted: { written: number; dropped: number };
  readonly lines: unknown[];
  /** Milliseconds that have passed. */
  clock: number;
  /** Ends the loop that writes. */
  readonly end: () => void;
}

/** Of a test file: makes benches, each of which ends after its test. */
export function useEventBenches(): (changes?: Partial<EventApi>) => EventBench {
  const controllers: AbortController[] = [];
  afterEach(() => {
    for (const controller of controllers.splice(0)) controller.abort();
  });
  return (changes = {}) => {
    const controller = new AbortController();
    controllers.push(controller);
    const counted = { written: 0, dropped: 0 };
    const made: Omit<EventBench, 'recorder'> = {
      ...{ created: [], repeated: [], counted, lines: [], clock: 0, end: () => controller.abort() },
    };
    const api: EventApi = {
      create: (event) => Promise.resolve(made.created.push(event)),
      repeat: (_namespace, name, count) => Promise.resolve(made.repeated.push(`${name}=${count}`)),
      uidOf: (namespace, name) => Promise.resolve(`uid of ${namespace}/${name}`),
      ...changes,
    };
    const recorder = makeEventRecorder({
      api,
      metrics: { eventWritten: () => counted.written++, eventDropped: () => counted.dropped++ },
      log: { warn: (fields: unknown) => made.lines.push(fields) } as never,
      signal: controller.signal,
      now: () => made.clock,
      date: () => new Date(made.clock),
      restMs: 1,
    });
    void recorder.keep();
    return Object.assign(made, { recorder });
  };
}

export const settled = (of: EventBench, written: number): Promise<void> =>
  until(`${written} are written`, PATIENCE_MS, () => of.counted.written >= written);

/** The loop has looked many times since. */
export const looked = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));
