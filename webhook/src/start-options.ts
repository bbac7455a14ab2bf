/** What the process is started with: the file of settings and the environment. What is not valid ends it at once. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ENV, PATHS, formatProblems, parseCertificateLifetimes, type CertificateTimes } from '@rolechain/shared';
import { parseSettings, type Settings } from './settings/settings.ts';

/** Exit code of a configuration that is not valid, as sysexits has no better. */
const EXIT_SETTINGS = 2;

export function settingsFile(): string {
  return attempt('', () => parseArgs({ options: { settings: { type: 'string', default: PATHS.settings } } })).values
    .settings;
}

export function readSettings(file: string): Settings {
  const settings = parseSettings(attempt(`${file} can't be read: `, () => readFileSync(file, 'utf8')));
  return settings.ok ? settings.value : fail(`${file}: ${formatProblems(settings.problems)}`);
}

export function certificateTimes(): CertificateTimes {
  const times = parseCertificateLifetimes(process.env[ENV.certificateLifetimes]);
  return times.ok ? times.value : fail(formatProblems(times.problems));
}

function attempt<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    return fail(what + (error instanceof Error ? error.message : ''));
  }
}

function fail(message: string): never {
  process.stderr.write(`rolechain-webhook: ${message} [SettingsInvalid]\n`);
  process.exit(EXIT_SETTINGS);
}
