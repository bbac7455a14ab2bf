/** `mode: audit`: nothing is changed or refused, and what would be done is told in warnings, log, audit log and metric. */
import { admitInProcess, reviewResponse } from '../testing/in-process.ts';
import { makeHealthServer, type ServerOptions } from './server.ts';
import { account, plainPod } from '../testing/fixtures.ts';
import { responseOf, review, useServers, type TestServer } from '../testing/server.ts';

const servers = useServers();
const start = (changes: Partial<ServerOptions> = {}): Promise<TestServer> =>
  servers.start({ mode: 'audit', ...changes });

const counted = async ({ options }: TestServer, name: string): Promise<unknown> =>
  (await options.metrics.registry.getSingleMetric(name)?.get())?.values.map(({ labels }) =>
    Object.values(labels).join(' '),
  );
const linesOf = ({ lines }: TestServer): unknown[] => lines.map((line) => JSON.parse(line) as unknown);

const SKIPPED = plainPod({}, { 'rolechain.io/skip-containers': 'app' });
const CASES = [
  ['injected Injected', account(), plainPod(), ['rolechain (mode: audit) would inject this pod: app=default']],
  [
    'refused HostNetwork',
    account(),
    plainPod({ hostNetwork: true }),
    [
      expect.stringMatching(
        /^rolechain \(mode: audit\) would refuse this pod: rolechain: ServiceAccount shop\/orders /,
      ),
    ],
  ],
  [
    'skipped NoContainerSelected',
    account(),
    SKIPPED,
    [
      expect.stringContaining(
        '(mode: audit) would skip this pod: No container of the pod holds a role. [NoContainerSelected]',
      ),
    ],
  ],
  ['skipped NotAnnotated', account(''), plainPod(), []],
] as const;

test.each(CASES)('%s: the pod passes as it is', async (outcome, who, pod, warnings) => {
  const running = await start({ lookup: () => Promise.resolve(who) });
  const response = responseOf(await running.mutate(review(pod)));
  const [would = '', reason = ''] = outcome.split(' ');
  expect([response.allowed, response.patch, response.patchType, response.status]).toEqual([
    true,
    undefined,
    undefined,
    undefined,
  ]);
  expect(response.auditAnnotations).toEqual({ mode: 'audit', outcome: would, reason });
  expect((response.warnings ?? []).slice(0, warnings.length)).toEqual(warnings);
  expect(await counted(running, 'rolechain_audited_admissions_total')).toEqual([outcome]);
  expect(await counted(running, 'rolechain_admissions_total')).toEqual([]);
  expect(linesOf(running)).toContainEqual(
    expect.objectContaining({ mode: 'audit', outcome: would, reason, message: `would have ${would} pod` }),
  );
});

test('a refusal is told whole: its warnings joined are the message that enforce gives', async () => {
  const pod = plainPod({
    hostNetwork: true,
    containers: [
      {
        name: 'app',
        image: 'a:1',
        env: [
          { name: 'AWS_ACCESS_KEY_ID', value: 'x' },
          { name: 'AWS_SECRET_ACCESS_KEY', value: 'y' },
        ],
      },
    ],
  });
  const message = responseOf(await (await start({ mode: 'enforce' })).mutate(review(pod))).status?.message;
  const { warnings = [] } = responseOf(await (await start()).mutate(review(pod)));
  expect(message).toContain('[StaticKeys]');
  expect(warnings.join(' ')).toBe(`rolechain (mode: audit) would refuse this pod: ${message}`);
});

test('a ServiceAccount that would be refused is written, and its author told the same', async () => {
  const written = review(
    { metadata: { name: 'orders', annotations: { 'rolechain.io/assume-role': '{roleARN: no}' } } },
    { kind: { group: '', version: 'v1', kind: 'ServiceAccount' } },
  );
  const enforced = await admitInProcess();
  const audited = await admitInProcess({ mode: 'audit' });
  const refused = reviewResponse(await enforced.validate(written));
  const response = reviewResponse(await audited.validate(written));
  await Promise.all([enforced.close(), audited.close()]);
  expect(refused).toMatchObject({ allowed: false });
  expect(response).toMatchObject({
    allowed: true,
    auditAnnotations: { mode: 'audit', outcome: 'refused', reason: 'AnnotationInvalid' },
  });
  expect(response?.warnings?.join(' ')).toBe(`rolechain (mode: audit) would refuse it: ${refused?.status?.message}`);
});

test('what cannot be decided is a failed call, as ever', async () => {
  const running = await start({ settings: () => undefined });
  expect((await running.mutate(review())).status).toBe(503);
});

test('a guard that denies is told by /readyz, which stays 200', async () => {
  const { options } = await start({ guardTroubles: () => ['GuardDenies'] });
  const health = makeHealthServer(options);
  const answer = await health.inject({ url: '/readyz' });
  await health.close();
  expect([answer.statusCode, answer.json()]).toEqual([
    200,
    { status: 'guarded', reasons: [expect.objectContaining({ code: 'GuardDenies' })] },
  ]);
});
