import { parseSettings, type Settings } from '../settings/settings.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { recordingLog } from '@rolechain/kit/recording-log.ts';
import type { SettingsState } from './metrics.ts';
import { watchSettings } from './settings-watch.ts';

const TEXT = 'sidecarImage: sidecar:1';

test('each change of the file is told once, in log and metric', async () => {
  const parsed = parseSettings(TEXT);
  const inUse = (parsed as { value: Settings }).value;
  const states: SettingsState[] = [];
  const log = recordingLog();
  const stop = new AbortController();
  let text: string | undefined = TEXT;
  let reads = 0;
  const read = (): string => {
    reads++;
    if (text === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    return text;
  };
  const metrics = { settingsAre: (state: SettingsState) => void states.push(state) };
  const running = watchSettings({ inUse, read, metrics, log, signal: stop.signal, everyMs: 1 });
  const change = async (to: string | undefined): Promise<void> => {
    text = to;
    const before = reads;
    await eventually('it is read', () => reads > before + 2, { everyMs: 1 });
  };
  await change(`${TEXT} # pinned`);
  await change('sidecarImage: sidecar:2');
  await change('sidecarimage: sidecar:2');
  await change(undefined);
  await change(TEXT);
  stop.abort();
  await running;
  const [start, ...later] = states;
  expect(start).toBe('in use');
  expect(later).toEqual(['in use', 'in use', 'restart pending', 'invalid', 'invalid', 'in use']);
  const said = log.lines.map((line) => JSON.parse(line) as { level: string; message: string });
  expect(said.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    'info: the settings were changed: a restart is pending',
    expect.stringContaining('warn: the settings were changed, and are invalid'),
    expect.stringContaining('warn: the settings were changed, and are invalid'),
    'info: the settings are again those in use',
  ]);
  expect(JSON.stringify(log.lines)).toMatch(/did you mean sidecarImage.*ENOENT/);
});
