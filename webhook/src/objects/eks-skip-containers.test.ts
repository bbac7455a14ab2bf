import { FOREIGN_KEYS } from '@rolechain/shared';
import { call, plainPod } from '../testing/fixtures.ts';

const key = FOREIGN_KEYS.eksSkipContainers;
const warningsFor = (value: string): string[] =>
  call(plainPod({}, { [key]: value })).decision.warnings.filter((warning) => warning.startsWith(key));

test.each(['', 'app', 'a,b', '"a",b', '\na\r\n', 'a\n\n'])(
  '%j draws no warning: the EKS webhook reads all of it',
  (value) => expect(warningsFor(value)).toEqual([]),
);

test.each(['a"b', '"a', '\n', '\r'])('%j skips no container: a warning says so', (value) =>
  expect(warningsFor(value)).toEqual([expect.stringContaining('the EKS webhook skips no container')]),
);

test('so does one of lines that the EKS webhook does not read', () =>
  expect(warningsFor('a\nb')).toEqual([expect.stringContaining('reads the first')]));

test('what was written again draws none', () => {
  const once = call(plainPod({}, { [key]: 'a"b' }));
  expect(call(once.pod).decision.warnings).toEqual([]);
});
