/**
 * Tells where the settings file no longer says what the webhook works by. It is read, not watched by the API: the kubelet
 * brings a changed ConfigMap into the volume within about a minute, and no right is needed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describeFailure, type Log } from '@rolechain/certs';
import { formatProblems } from '@rolechain/shared';
import { parseSettings, type Settings } from '../settings/settings.ts';
import type { Metrics, SettingsState } from './metrics.ts';

export interface SettingsWatchOptions {
  readonly inUse: Settings;
  /** The file's text. Throws where there is none. */
  readonly read: () => string;
  readonly metrics: Pick<Metrics, 'settingsAre'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly signal: AbortSignal;
  readonly everyMs?: number;
}

/** Runs until the signal; never rejects. Each change of the file is told once. */
export async function watchSettings(options: SettingsWatchOptions): Promise<void> {
  const { inUse, read, metrics, log, signal, everyMs = 5000 } = options;
  let text: string | undefined;
  let state: SettingsState = 'in use';
  const say = (now: SettingsState, error?: string): void => {
    if (now === 'invalid') {
      log.warn(
        { code: 'SettingsInvalid', error },
        'the settings were changed, and are invalid: no webhook starts with them',
      );
    } else if (now === 'restart pending') log.info({}, 'the settings were changed: a restart is pending');
    else if (state !== now) log.info({}, 'the settings are again those in use');
    state = now;
    metrics.settingsAre(now);
  };
  metrics.settingsAre(state);
  while (!signal.aborted) {
    const found = attempt(read);
    if (found.text !== text) {
      text = found.text;
      const parsed = found.error === undefined ? parseSettings(found.text) : undefined;
      if (!parsed) say('invalid', found.error);
      else if (!parsed.ok) say('invalid', formatProblems(parsed.problems));
      else say(isDeepStrictEqual(parsed.value, inUse) ? 'in use' : 'restart pending');
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** What can't be read counts as a text of its own. */
function attempt(read: () => string): { readonly text: string; readonly error?: string } {
  try {
    return { text: read() };
  } catch (error) {
    const reason = describeFailure(error);
    return { text: `\0${reason}`, error: reason };
  }
}
