import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { LIMITS } from '@rolechain/shared';
import { account, call, plainPod, SETTINGS } from '../testing/fixtures.ts';
import { recordingLog } from '@rolechain/kit/recording-log.ts';
import { makeAdmissionServer } from '../endpoint/server.ts';
import { testAuthority } from '../testing/https.ts';
import { admitInProcess } from '../testing/in-process.ts';
import { serverOptions } from '../testing/options.ts';
import { review } from '../testing/server.ts';
import type { EventDraft } from '../telemetry/event.ts';
import { podEvents } from './decision-events.ts';
import type { Decision } from '../policy/decision.ts';
import type { Mode } from './audit.ts';
import type { DecideSettings } from '../settings/settings.ts';

const OWNER = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders-5d9', uid: 'b7ae3c1f-1', controller: true };
const CONTROLLER = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: 'orders-5d9',
  uid: 'b7ae3c1f-1',
  namespace: 'shop',
};
const ACCOUNT = { apiVersion: 'v1', kind: 'ServiceAccount', name: 'orders', namespace: 'shop' };

function owned(pod: ReturnType<typeof plainPod>, ...[ownerReferences = [OWNER]]: unknown[]): unknown {
  return { ...pod, metadata: { ...(pod.metadata as object), ownerReferences } };
}
function eventsOf(
  pod: unknown,
  { who = account(), mode = 'enforce', dryRun = false, settings = SETTINGS }: Given = {},
): readonly EventDraft[] {
  const { decision } = call(pod, who, settings);
  return podEvents({ uid: 'u', namespace: 'shop', dryRun, pod, user: '' }, decision, mode);
}
interface Given {
  readonly who?: ReturnType<typeof account>;
  readonly mode?: Mode;
  readonly dryRun?: boolean;
  readonly settings?: DecideSettings;
}
const HOST = plainPod({ hostNetwork: true });

describe('of a pod', () => {
  test("a refusal stands on the pod's controller, with its code and the words of the answer", () => {
    const { decision } = call(owned(HOST));
    expect(eventsOf(owned(HOST))).toEqual([
      {
        ...{ regarding: CONTROLLER, action: 'Inject', reason: 'HostNetwork' },
        note: decision.outcome === 'refused' ? decision.message : '',
      },
    ]);
  });

  test.each<[string, unknown]>([
    ['without an owner', null],
    [
      'with owners that are not its controller',
      [
        { ...OWNER, controller: false },
        { ...OWNER, controller: 'true' },
      ],
    ],
    ['with a name that is none', [{ ...OWNER, name: '../orders' }]],
    ['of the cluster: a Node', [{ ...OWNER, apiVersion: 'v1', kind: 'Node', name: 'node-1' }]],
    ['of a kind of which nobody knows', [{ ...OWNER, apiVersion: 'example.org/v1' }]],
    ['with a kind of another group', [{ ...OWNER, kind: 'Job' }]],
    ['with a kind that is none', [{ ...OWNER, kind: 'Replica Set' }]],
    ['with a version that is none', [{ ...OWNER, apiVersion: 'apps/v1 ' }]],
    ['with a uid that is none', [{ ...OWNER, uid: 'b7ae 1' }]],
    ['with an endless uid', [{ ...OWNER, uid: 'u'.repeat(1000) }]],
    ['with no list', { controller: true }],
  ])('%s it stands on the ServiceAccount', (_name, owners) => {
    expect(eventsOf(owned(HOST, owners)).map(({ regarding }) => regarding)).toEqual([ACCOUNT]);
  });

  test('what a review has changed already is told as such, in the same words', () => {
    const who = account('{roleARN: "arn:aws:iam::222222222222:role/orders", duration: 15m}');
    const pod = owned(plainPod());
    const [first, ...others] = eventsOf(pod, { who });
    expect([first?.reason, first?.isAgain, others]).toEqual(['InjectedWithWarnings', undefined, []]);
    expect(eventsOf(call(pod, who).pod, { who })).toEqual([{ ...first, isAgain: true }]);
  });

  test('of a pod that was skipped, too', () => {
    const settings: DecideSettings = { ...SETTINGS, conflicts: 'warn' };
    const [first] = eventsOf(owned(HOST), { settings });
    expect(first?.isAgain).toBeUndefined();
    expect(eventsOf(call(owned(HOST), account(), settings).pod, { settings })).toEqual([{ ...first, isAgain: true }]);
  });

  test('an annotation that is invalid is told on both', () => {
    const events = eventsOf(owned(plainPod()), { who: account('{roleARN: no}') });
    expect(events.map(({ regarding, reason }) => [regarding, reason])).toEqual([
      [CONTROLLER, 'AnnotationInvalid'],
      [ACCOUNT, 'AnnotationInvalid'],
    ]);
  });

  test('without a controller it is told there once', () => {
    const events = eventsOf(plainPod(), { who: account('{roleARN: no}') });
    expect(events.map(({ regarding }) => regarding)).toEqual([ACCOUNT]);
  });

  test('a fault of the account among others is told on both, and a long text is cut', () => {
    const message = 'é'.repeat(LIMITS.eventNoteBytes);
    const findings = (['HostNetwork', 'RoleNotAllowed'] as const).map((reason) => ({ reason, detail: '' }));
    const refused: Decision = { outcome: 'refused', reason: 'HostNetwork', warnings: [], findings, message };
    const skipped: Decision = { outcome: 'skipped', reason: 'HostNetwork', warnings: [message] };
    const pod = owned(HOST);
    const told = (decision: Decision): [string, string][] =>
      podEvents({ uid: 'u', namespace: 'shop', dryRun: false, pod, user: '' }, decision, 'enforce').map(
        ({ regarding, note }) => [regarding.kind, note],
      );
    const note = 'é'.repeat(LIMITS.eventNoteBytes / 2 - 2);
    expect(told(refused)).toEqual([
      ['ReplicaSet', expect.stringContaining(note)],
      ['ServiceAccount', expect.stringContaining(note)],
    ]);
    for (const decision of [refused, skipped])
      for (const [, text] of told(decision)) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LIMITS.eventNoteBytes);
  });

  test('a conflict that is only warned of has its code; other warnings have a reason of their own', () => {
    const settings: DecideSettings = { ...SETTINGS, conflicts: 'warn' };
    expect(eventsOf(HOST, { settings })).toMatchObject([
      { reason: 'HostNetwork', note: expect.stringContaining('[HostNetwork]') as string },
    ]);
    const unwise = account('{roleARN: "arn:aws:iam::222222222222:role/orders", duration: 15m}');
    const mistyped = plainPod({}, { 'rolechain.io/skip-containers': 'ap' });
    expect(eventsOf(mistyped, { who: unwise })).toMatchObject([
      { reason: 'InjectedWithWarnings', note: expect.stringContaining('rolechain.io/skip-containers') as string },
    ]);
  });

  test('under mode: audit it says what would be done', () => {
    expect(eventsOf(HOST, { mode: 'audit' })).toMatchObject([
      {
        reason: 'HostNetwork',
        note: expect.stringMatching(/^rolechain \(mode: audit\) would refuse this pod: /) as string,
      },
    ]);
    const settings: DecideSettings = { ...SETTINGS, conflicts: 'warn' };
    expect(eventsOf(HOST, { settings, mode: 'audit' })).toMatchObject([
      { reason: 'HostNetwork', note: expect.stringMatching(/^\(mode: audit\) /) as string },
    ]);
  });

  test('there is none on a dry run, nor of a pod that has nothing to be told', () => {
    expect(eventsOf(HOST, { dryRun: true })).toEqual([]);
    expect(eventsOf(owned(plainPod()))).toEqual([]);
    expect(eventsOf(HOST, { who: account('') })).toEqual([]);
  });

  test('no pod makes it throw, and no note is over what the API takes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 3000 }), (value, name) => {
        const pod = { metadata: { ownerReferences: value }, spec: { hostNetwork: true } };
        const containers = [{ name, env: [{ name: 'AWS_ACCESS_KEY_ID', value: 'x' }] }];
        const odd = { ...HOST, ...pod, spec: { ...pod.spec, containers } };
        for (const { note, regarding } of eventsOf(odd)) {
          expect(Buffer.byteLength(note)).toBeLessThanOrEqual(LIMITS.eventNoteBytes);
          expect(note.isWellFormed()).toBe(true);
          expect(regarding.namespace).toBe('shop');
        }
      }),
    );
  });
});

describe('of what is answered', () => {
  const told = async (path: 'mutate' | 'validate', body: string, mode: Mode = 'enforce'): Promise<EventDraft[]> => {
    const events: EventDraft[] = [];
    const server = await admitInProcess({ mode, tellEvent: (event) => events.push(event) });
    expect((await server[path](body)).status).toBe(200);
    await server.close();
    return events;
  };
  const wrong = {
    metadata: { name: 'orders', uid: 'its-uid', annotations: { 'rolechain.io/assume-role': '{roleARN: no}' } },
  };
  const kind = { group: '', version: 'v1', kind: 'ServiceAccount' };
  const update = { kind, operation: 'UPDATE', oldObject: { metadata: { name: 'orders' } } };

  test('a pod that is refused has an event, and a dry run has none', async () => {
    expect(await told('mutate', review(HOST))).toMatchObject([{ reason: 'HostNetwork', regarding: ACCOUNT }]);
    expect(await told('mutate', review(HOST, { dryRun: true }))).toEqual([]);
    expect(await told('mutate', review())).toEqual([]);
    const mistyped = plainPod({}, { 'rolechain.io/skip-containers': 'ap' });
    expect(await told('mutate', review(mistyped))).toMatchObject([{ reason: 'InjectedWithWarnings' }]);
    expect(await told('mutate', review(HOST), 'audit')).toMatchObject([
      { note: expect.stringContaining('(mode: audit) would refuse this pod') as string },
    ]);
  });

  test('a ServiceAccount that is there and refused has one; one that is never written has none', async () => {
    const expected = [
      {
        action: 'Write',
        reason: 'AnnotationInvalid',
        regarding: { kind: 'ServiceAccount', name: 'orders', uid: 'its-uid' },
      },
    ];
    expect(await told('validate', review(wrong, update))).toMatchObject(expected);
    expect(await told('validate', review(wrong, { ...update, dryRun: true }))).toEqual([]);
    expect(await told('validate', review(wrong, { kind }))).toEqual([]);
    expect(await told('validate', review(wrong, { kind }), 'audit')).toMatchObject(expected);
    const [audited] = await told('validate', review(wrong, { kind }), 'audit');
    expect(audited?.note).toContain('(mode: audit) would refuse it');
    const unnamed = { metadata: { generateName: 'orders-', annotations: wrong.metadata.annotations } };
    expect(await told('validate', review(unnamed, { kind }), 'audit')).toEqual([]);
  });

  test('a Namespace that is refused has none: what it says is read by those who write it', async () => {
    const namespace = { metadata: { name: 'shop', annotations: { 'rolechain.io/default-role': '{roleARN: no}' } } };
    const written = { ...update, kind: { ...kind, kind: 'Namespace' }, oldObject: { metadata: { name: 'shop' } } };
    const body = review(namespace, written);
    const server = await admitInProcess();
    expect((await server.validate(body)).text).toContain('"allowed":false');
    await server.close();
    expect(await told('validate', body)).toEqual([]);
  });

  test('it is told once the answer is sent', async () => {
    const order: string[] = [];
    const options = serverOptions(recordingLog(), { tellEvent: () => order.push('told') });
    const server = makeAdmissionServer(await (await testAuthority()).issue(), options);
    server.addHook('onSend', async () => {
      await setImmediate();
      order.push('sent');
    });
    const headers = { 'content-type': 'application/json' };
    await server.inject({ method: 'POST', url: '/mutate?timeout=2s', headers, payload: review(HOST) });
    await server.close();
    expect(order).toEqual(['sent', 'told']);
  });

  test('what telling throws is logged, and ends nothing', async () => {
    const log = recordingLog();
    const server = await admitInProcess({
      log: log as never,
      tellEvent: () => {
        throw new Error('full');
      },
    });
    expect((await server.mutate(review(HOST))).status).toBe(200);
    await server.close();
    expect(log.lines.filter((line) => line.includes('event not made'))).toHaveLength(1);
  });
});
