/**
 * Whether the guard refuses although the webhook only audits (adr/0018): its bindings are read by their names, and only under
 * `mode: audit`. They change when an admin changes them, so that a look each minute is enough.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AdmissionregistrationV1Api, type KubeConfig } from '@kubernetes/client-node';
import { deadline, describeFailure } from '@rolechain/certs';
import { GUARD_BINDINGS, errorEntry, type ErrorCode, type Logger } from '@rolechain/shared';
import type { Metrics } from '../telemetry/metrics.ts';

const EVERY_MS = 60_000;
const READ_MS = 5000;

/** The actions of a binding; undefined where there is none of that name. */
export type ReadActions = (name: string) => Promise<readonly string[] | undefined>;

export interface GuardWatch {
  /** Runs until the signal; never rejects. */
  readonly keep: () => Promise<void>;
  /** What an admin is to be told by /readyz; empty where the guard refuses nothing. */
  readonly troubles: () => readonly ErrorCode[];
}

export interface GuardWatchOptions {
  readonly read: ReadActions;
  readonly metrics: Pick<Metrics, 'guardDenies'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
}

export function actionsReader(kubeConfig: KubeConfig): ReadActions {
  const api = kubeConfig.makeApiClient(AdmissionregistrationV1Api);
  return async (name) => {
    try {
      const { spec } = await api.readValidatingAdmissionPolicyBinding({ name }, deadline(READ_MS));
      return spec.validationActions;
    } catch (error) {
      if ((error as { code?: unknown }).code === 404) return undefined;
      throw error;
    }
  };
}

export function watchGuard({ read, metrics, log, signal, everyMs = EVERY_MS }: GuardWatchOptions): GuardWatch {
  let trouble: ErrorCode | undefined;
  const set = (code: ErrorCode | undefined, fields: Readonly<Record<string, unknown>>): void => {
    metrics.guardDenies(code === 'GuardUnknown' ? undefined : code === 'GuardDenies');
    if (code === trouble) return;
    trouble = code;
    if (code === undefined) log.info({}, 'mode audit: the guard refuses no pod');
    else log.warn({ code, ...fields, error: errorEntry(code).text, fix: errorEntry(code).fix }, 'mode audit');
  };
  const look = async (): Promise<void> => {
    try {
      const found = await Promise.all(GUARD_BINDINGS.map(async (name) => ({ name, actions: await read(name) })));
      const denying = found.filter(({ actions }) => actions?.includes('Deny')).map(({ name }) => name);
      set(denying.length > 0 ? 'GuardDenies' : undefined, { bindings: denying });
    } catch (error) {
      set('GuardUnknown', { reason: describeFailure(error) });
    }
  };
  return {
    troubles: () => (trouble === undefined ? [] : [trouble]),
    keep: async () => {
      while (!signal.aborted) {
        await look();
        await sleep(everyMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}
