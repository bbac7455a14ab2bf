import { faultsTable } from './page.ts';

const row = { fault: 'a', errorsWithSession: 0, errorsWithout: 0, recoveryMs: 120, goalMs: 10_000, note: '' };

test('a line a fault, a column a client, the slowest recovery', () => {
  const rows = [
    { ...row, client: 'Go', errorsWithout: 2, recoveryMs: 2_000 },
    { ...row, client: 'botocore' },
    { ...row, fault: 'b', client: 'botocore', errorsWithSession: 1, note: 'peak 9' },
  ];
  expect(faultsTable(rows).split('\n')).toEqual([
    '| fault | Go | botocore | recovery | goal |',
    '| --- | --- | --- | --- | --- |',
    '| a | 2 errors without a session | nothing | 2 s | 10 s |',
    '| b (peak 9) | not here | **1 errors beside a valid session**, 0 without | 0.1 s | 10 s |',
  ]);
});
