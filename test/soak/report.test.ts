import type { Life, Sample } from './meter.ts';
import { nothingOperated } from './operate.ts';
import { nothingSeen } from './pods.ts';
import { rowsOf, tableOf, type Soaked } from './report.ts';

const life = (
  program: Life['program'],
  minutes: number,
  of: (minute: number) => Partial<Sample> = () => ({}),
): Life => ({
  ...{ program, pid: 1 },
  samples: Array.from({ length: 12 * minutes }, (_, i) => ({
    ...{ seconds: 5 * i, anonymousMiB: 20, descriptors: 30, ...of(i / 12) },
  })),
});
const good = (): Soaked => ({
  minutes: 30,
  seen: { ...nothingSeen(), pods: 9, calls: 900 },
  operated: { ...nothingOperated(), rolls: 2, settings: 2, certificates: new Set('abcdefg') },
  lives: [life('webhook', 30), life('sidecar', 30)],
  ...{ storms: 3, met: { reset: 4 }, assumeRoles: 20 },
});
const missed = (soaked: Soaked): string[] => rowsOf(soaked).flatMap(({ what, ok }) => (ok ? [] : [what]));

test('a soak in which nothing went wrong meets every bound', () => {
  expect(missed(good())).toEqual([]);
});

test.each<[string, (soaked: Soaked) => unknown]>([
  ['pods created', ({ seen }) => (seen.pods = 0)],
  ['pods that the apiserver refused', ({ seen }) => seen.refused.push('no')],
  ['pods without a sidecar', ({ seen }) => (seen.notInjected = 1)],
  ['pods whose program made no call', ({ seen }) => seen.silent.push('a')],
  ['calls of SDKs', ({ seen }) => (seen.calls = 0)],
  ['of these failed', ({ seen }) => (seen.failedCalls = 1)],
  ['questions of the soak itself that failed', ({ operated }) => operated.troubles.push('late')],
  ['questions of the soak itself that failed', ({ seen }) => seen.troubles.push('late')],
  ['restarts of sidecars', ({ seen }) => (seen.sidecarRestarts = 1)],
  ['rollouts of the webhook', ({ operated }) => (operated.rolls = 0)],
  ['rollouts that did not end', ({ operated }) => operated.failedRolls.push('late')],
  ['restarts of webhooks', ({ operated }) => (operated.webhookRestarts = 1)],
  ['serving certificates seen', ({ operated }) => operated.certificates.delete('g')],
  ['settings written', ({ operated }) => (operated.settings = 0)],
  ['invalid settings that were taken', ({ operated }) => (operated.invalidTaken = 1)],
])('%s', (what, spoil) => {
  const soaked = good();
  spoil(soaked);
  expect(missed(soaked)).toEqual([what]);
});

test('without weather, or without a call that could meet it, it says nothing', () => {
  expect(missed({ ...good(), storms: 0, assumeRoles: 0 })).toEqual([
    'storms over STS and the agent',
    'AssumeRole calls',
  ]);
});

test('what was not measured is not well', () => {
  expect(missed({ ...good(), lives: [life('webhook', 30)] })).toEqual(['sidecars measured']);
});

test('memory and descriptors that grow are found, in the longest life', () => {
  const leaks = life('sidecar', 60, (minute) => ({ anonymousMiB: 20 + minute / 4, descriptors: 30 + minute }));
  const lives = [life('webhook', 30), life('sidecar', 10), leaks];
  expect(missed({ ...good(), lives })).toEqual([
    'sidecar: anonymous memory, first and second half of 60 min',
    'sidecar: descriptors, first and second half of 60 min',
  ]);
});

test('the first minutes, in which a program grows to its ease, do not count, and a short life says nothing', () => {
  const grows = life('webhook', 30, (minute) => ({ anonymousMiB: minute < 2 ? 10 : 100 }));
  expect(
    missed({ ...good(), lives: [grows, life('sidecar', 4, (minute) => ({ descriptors: 1000 * minute }))] }),
  ).toEqual([]);
});

test('the table names what failed, with some of it', () => {
  const soaked = good();
  soaked.seen.failedCalls = 5;
  soaked.seen.errors.set('CredentialsProviderError: late', 5);
  const lines = tableOf(rowsOf(soaked)).split('\n');
  expect(lines.find((line) => line.startsWith('of these failed'))).toMatch(
    /5 5 × CredentialsProviderError: late +0 +FAILED$/,
  );
  expect(lines.filter((line) => line.endsWith('FAILED'))).toHaveLength(1);
});
