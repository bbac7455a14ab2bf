/** All objects of a kind, by list and watch. */
import type { KubeConfig } from '@kubernetes/client-node';
import { makeApi } from './api.ts';
import type { CachedObject, Kind } from './kind.ts';
import { listPages } from './list-pages.ts';
import { listStream } from './list-stream.ts';
import type { Source } from './reflector.ts';
import { watchEvents } from './watch-events.ts';

/**
 * Short watches: where nothing changes nothing comes, not even a bookmark (storage/cacher, cache_watcher.go,
 * process), so that only the orderly end of a watch tells a quiet apiserver from a dead connection. It must
 * come within the time of silence after which a connection is given up.
 */
const WATCH_SECONDS = 25;
const SILENCE_MS = 30_000;

export interface SourceOptions {
  /** How long the apiserver is asked to keep a watch open. */
  readonly watchSeconds?: number;
  /** After so long without a byte a connection is taken for dead. */
  readonly silenceMs?: number;
  /** The same of a list by watch. */
  readonly listSilenceMs?: number;
  /** How long a list by watch may take. */
  readonly listSeconds?: number;
}

export function annotatedSource(kubeConfig: KubeConfig, kind: Kind, options: SourceOptions = {}): Source<CachedObject> {
  const { watchSeconds = WATCH_SECONDS, silenceMs = SILENCE_MS, listSilenceMs, listSeconds } = options;
  const limits = {
    ...(listSilenceMs === undefined ? {} : { silenceMs: listSilenceMs }),
    ...(listSeconds === undefined ? {} : { seconds: listSeconds }),
  };
  const api = makeApi(kubeConfig);
  return {
    list: async (signal) => (await listStream(api, kind, { ...limits, signal })) ?? listPages(api, kind, signal),
    watch: async (resourceVersion, onEvent, signal) => {
      const query = { resourceVersion, timeoutSeconds: `${watchSeconds}` };
      try {
        for await (const events of watchEvents(api, kind, { query, silenceMs, signal })) events.forEach(onEvent);
      } catch (error) {
        // The end that was asked for is no failure.
        if (!signal.aborted) throw error;
      }
    },
  };
}
