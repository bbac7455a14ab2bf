import { CodedError } from '@rolechain/shared';
import { Readable } from 'node:stream';
import type { Call, Output } from '../terminal/command.ts';
import type { StatusReport } from '../report-schemas/status.ts';
import { settled, watch } from './watch.ts';

const reportOf = (until: string | null, namespace = 'shop'): StatusReport => ({
  ...{ namespace: null, installed: null, strays: [], others: 0, notes: [] },
  pods: [
    {
      ...{ namespace, name: 'a', serviceAccount: 'a', owner: { kind: 'Pod', name: 'a' }, state: 'valid' },
      ...{ annotation: 'same', version: '0.1.0', isOlder: false, askedBy: 'proxy', why: null, fix: null },
      roles: [{ name: 'default', state: 'valid', until, error: null }],
    },
  ],
});
const A = reportOf('2026-11-27T17:45:00.000Z');
const A_AGAIN = reportOf('2026-11-27T17:45:01.000Z');
const B = reportOf('2026-11-27T18:30:00.000Z');

async function watched(
  answers: readonly (StatusReport | Error)[],
  output: Output = 'json',
): Promise<[string[], string[]]> {
  const interrupted = new AbortController();
  const [out, err]: [string[], string[]] = [[], []];
  const queue = [...answers];
  const read = (): Promise<StatusReport> => {
    const next = queue.shift();
    if (next === undefined) {
      interrupted.abort();
      return Promise.reject(new DOMException('ended', 'AbortError'));
    }
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  };
  const surroundings = {
    ...{ stdin: Readable.from([]), env: {}, cwd: '/', now: () => new Date(0), hasColours: false },
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    signal: interrupted.signal,
  };
  const call = { args: [], options: {}, output, surroundings } as unknown as Call;
  const outcomeOf = (report: StatusReport) => ({ report, text: () => 'text', isFinding: false });
  await watch({ call, read, outcomeOf, ms: 1 });
  return [out, err];
}

test('printed once for each change; a session that is the same is none, whatever its second', async () => {
  const [out, err] = await watched([A, A_AGAIN, A, B, B]);
  expect(out.map((line) => (JSON.parse(line) as StatusReport).pods[0]?.roles[0]?.until)).toEqual([
    '2026-11-27T17:45:00.000Z',
    '2026-11-27T18:30:00.000Z',
  ]);
  expect(err).toEqual([]);
});

test('a request that fails does not end it, and is told once', async () => {
  const unreachable = (): Error => new CodedError('ClusterUnreachable', 'https://a: refused.');
  const [out, err] = await watched([A, unreachable(), unreachable(), A, B]);
  expect(out.length).toBe(2);
  expect(err).toEqual([expect.stringContaining('ClusterUnreachable'), 'the cluster answers again\n']);
});

test('a right that lacks from the beginning ends it', async () => {
  await expect(watched([new CodedError('ClusterForbidden', 'No.')])).rejects.toMatchObject({
    code: 'ClusterForbidden',
  });
  const [out] = await watched([A, new CodedError('ClusterForbidden', 'No.'), B]);
  expect(out.length).toBe(2);
});

test('text has the time above it, YAML is one document each', async () => {
  expect((await watched([A], 'text'))[0]).toEqual(['1970-01-01T00:00:00.000Z\ntext\n\n']);
  expect((await watched([A], 'yaml'))[0][0]).toMatch(/^---\nnamespace: null\n/);
});

test('of another pod of that name the time is its own', () => {
  expect(settled(A, reportOf('2026-11-27T17:45:01.000Z', 'other')).pods[0]?.roles[0]?.until).toBe(
    '2026-11-27T17:45:01.000Z',
  );
});
