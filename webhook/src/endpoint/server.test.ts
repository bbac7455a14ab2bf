import type { AddressInfo } from 'node:net';
import { ANNOTATIONS, CodedError, FOREIGN_KEYS, LIMITS, SIDECAR, type ErrorCode } from '@rolechain/shared';
import { makeLookup } from '../cluster/service-accounts.ts';
import { makeHealthServer, type ServerOptions } from './server.ts';
import { TARGET, account, plainPod } from '../testing/fixtures.ts';
import { errorOf, patched, responseOf, review, useServers, type TestServer } from '../testing/server.ts';

let running: TestServer;
const { start: startAnother, open } = useServers();
const start = async (changes: Partial<ServerOptions> = {}): Promise<TestServer> => {
  running = await startAnother(changes);
  return running;
};

const lookupNever = (): Promise<never> => Promise.reject(new Error('no look-up was to be made'));
const counted = async (name: string): Promise<Record<string, number>> => {
  const metric = await running.options.metrics.registry.getSingleMetric(name)?.get();
  return Object.fromEntries(
    (metric?.values ?? []).map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  );
};

describe('a review', () => {
  test('of a pod whose account asks for a role is answered with a patch that applies', async () => {
    await start();
    const answer = await running.mutate(review());
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(answer.text)).toMatchObject({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' });
    const response = responseOf(answer);
    expect(response).toMatchObject({ uid: 'b7ae3c1f', allowed: true, patchType: 'JSONPatch' });
    const pod = patched(plainPod(), response);
    expect(pod.spec.initContainers?.map(({ name }) => name)).toEqual([SIDECAR.name]);
    expect(await counted('rolechain_admissions_total')).toEqual({ 'injected Injected': 1 });
  });

  test('of an account that asks for none is allowed as it is', async () => {
    await start();
    const response = responseOf(await running.mutate(review(plainPod({ serviceAccountName: 'other' }))));
    expect(response).toEqual({ uid: 'b7ae3c1f', allowed: true, auditAnnotations: { reason: 'NotAnnotated' } });
    expect(await counted('rolechain_admissions_total')).toEqual({ 'skipped NotAnnotated': 1 });
  });

  test('that is refused says why, with the uid', async () => {
    await start({ lookup: () => Promise.resolve(account('{roleARN: no}')) });
    const response = responseOf(await running.mutate(review()));
    expect(response).toMatchObject({ uid: 'b7ae3c1f', allowed: false, status: { code: 422, reason: 'Invalid' } });
    expect(await counted('rolechain_admissions_total')).toEqual({ 'refused AnnotationInvalid': 1 });
  });

  test.each([
    ['a mirror pod', plainPod({}, { [FOREIGN_KEYS.mirrorPod]: 'x' }), 'MirrorPod'],
    ['a pod that opts out', plainPod({}, { [ANNOTATIONS.inject.key]: 'false' }), 'OptedOut'],
  ])('of %s needs no look-up and no Region', async (_name, pod, reason) => {
    await start({ lookup: lookupNever, settings: () => undefined });
    expect(responseOf(await running.mutate(review(pod)))).toEqual({
      uid: 'b7ae3c1f',
      allowed: true,
      auditAnnotations: { reason },
    });
  });

  test('of anything but the creation of a pod is allowed without a look-up', async () => {
    await start({ lookup: lookupNever, settings: () => undefined });
    const response = responseOf(await running.mutate(review(plainPod(), { operation: 'UPDATE' })));
    expect(response).toEqual({ uid: 'b7ae3c1f', allowed: true, auditAnnotations: { reason: 'NoPod' } });
  });

  test.each([
    ['a namespace', { namespace: '..' }, plainPod({ serviceAccountName: '.' })],
    ['an account', {}, plainPod({ serviceAccountName: '../../secrets' })],
  ])(
    'with %s that leads elsewhere in the API gets no decision, and nothing is looked up',
    async (_name, request, pod) => {
      const looked: string[] = [];
      const read = (what: string) => (name: string) =>
        Promise.resolve(void looked.push(`${what} ${name}`)).then(() => ({}));
      await start({ lookup: read('account') as never, lookupNamespace: read('namespace') });
      expect(errorOf(await running.mutate(review(pod, request)))).toBe('400 ReviewMalformed');
      expect(looked).toEqual([]);
    },
  );

  test.each(['text/plain', 'application/xml; charset=x', 'application/json; charset=utf-8'])(
    'may be of type %s',
    async (type) => {
      await start();
      expect(responseOf(await running.mutate(review(), { headers: { 'content-type': type } })).allowed).toBe(true);
    },
  );

  test('may come without a type', async () => {
    await start();
    expect(responseOf(await running.mutate(review(), { headers: {} })).allowed).toBe(true);
  });

  test('of 4 MiB is read', async () => {
    await start();
    const pod = plainPod({}, { big: 'x'.repeat(4 * 1024 * 1024) });
    expect(responseOf(await running.mutate(review(pod))).patchType).toBe('JSONPatch');
  });
});

describe('what can not be decided', () => {
  const failing = (error: Error): Partial<ServerOptions> => ({ lookup: () => Promise.reject(error) });
  /** The apiserver tries again upon Retry-After; whatever it is, it must not read "allowed". */
  const refusal = async (): Promise<string> => {
    const answer = await running.mutate(review());
    expect(answer.text).not.toContain('allowed');
    return `${errorOf(answer)} ${answer.headers['retry-after'] ?? 'final'}`;
  };

  test('a look-up that fails is a failed call', async () => {
    await start(failing(new CodedError('LookupFailed', 'ServiceAccount shop/orders: HTTP 500.')));
    expect(await refusal()).toBe('503 LookupFailed 1');
    expect(await counted('rolechain_admission_errors_total')).toEqual({ LookupFailed: 1 });
    expect(await counted('rolechain_admissions_total')).toEqual({});
    expect(running.lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'error', code: 'LookupFailed', message: 'admission review failed' },
    ]);
  });

  test('so is one of the Namespace: no pattern must never become none', async () => {
    await start({ lookupNamespace: () => Promise.reject(new CodedError('LookupFailed', 'Namespace shop: HTTP 500.')) });
    expect(await refusal()).toBe('503 LookupFailed 1');
  });

  test('a look-up that hangs is given up, and its time is counted', async () => {
    const read = (): Promise<never> => new Promise(() => undefined);
    await start({ lookup: makeLookup({ get: () => undefined }, read, 50) });
    expect(await refusal()).toBe('503 LookupFailed 1');
    const text = await running.options.metrics.registry.metrics();
    expect(text).toContain('rolechain_admission_duration_seconds_count 1');
  });

  test('without a Region, pods that ask for a role wait for it, and others do not', async () => {
    await start({ settings: () => undefined });
    expect(await refusal()).toBe('503 RegionUnknown 1');
    const other = responseOf(await running.mutate(review(plainPod({ serviceAccountName: 'other' }))));
    expect(other).toEqual({ uid: 'b7ae3c1f', allowed: true, auditAnnotations: { reason: 'NotAnnotated' } });
  });

  test('a defect shows its text to nobody but the log', async () => {
    await start(failing(new TypeError('inner words')));
    const answer = await running.mutate(review());
    expect(errorOf(answer)).toBe('500 InternalError');
    expect(answer.text).not.toContain('inner words');
    expect(running.lines.join()).toContain('TypeError: inner words');
  });
});

describe('a request that is not in order', () => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  test.each([
    ['no JSON', '{"apiVersion"', '400 ReviewMalformed'],
    ['JSON null', 'null', '400 ReviewMalformed'],
    ['no body', undefined, '400 ReviewMalformed'],
    ['an empty body', '', '400 ReviewMalformed'],
    ['no UTF-8', Buffer.from([0xff, 0xfe, 0x7b, 0x7d]), '400 ReviewMalformed'],
    ['no request', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}', '400 ReviewMalformed'],
    ['another kind', review().replace('"AdmissionReview"', '"ConversionReview"'), '400 ReviewMalformed'],
    ['lists in each other', nested(LIMITS.reviewDepth + 1), '400 ReviewMalformed'],
    ['them inside a pod', review().replace('"app:1"', nested(LIMITS.reviewDepth)), '400 ReviewMalformed'],
    ['lists without an end', '['.repeat(LIMITS.reviewBytes), '400 ReviewMalformed'],
    ['a million maps', review().replace('"app:1"', `[${'{},'.repeat(1_000_000)}1]`), '413 ReviewTooLarge'],
    ['a body over the limit', review(plainPod({}, { big: 'x'.repeat(LIMITS.reviewBytes) })), '413 ReviewTooLarge'],
  ])('%s', async (_name, body, expected) => {
    await start();
    const answer = await running.ask({ path: '/mutate', method: 'POST', ...(body === undefined ? {} : { body }) });
    expect(errorOf(answer)).toBe(expected);
    expect(await counted('rolechain_admission_errors_total')).toEqual({ [expected.slice(4)]: 1 });
  });

  test('as deep as the limit is no trouble, even in what is copied', async () => {
    await start();
    const body = review().replace('"app:1"', nested(LIMITS.reviewDepth - 10));
    expect(responseOf(await running.mutate(body)).patchType).toBe('JSONPatch');
  });

  test('a content type that is none', async () => {
    await start();
    expect(errorOf(await running.mutate(review(), { headers: { 'content-type': 'x' } }))).toBe('400 ReviewMalformed');
  });

  test('a body that comes in chunks: each may have a byte, and costs as much as a large one', async () => {
    await start();
    const answer = await running.mutate(review(), { headers: { 'transfer-encoding': 'chunked' } });
    expect(errorOf(answer)).toBe('400 ReviewMalformed');
  });

  test.each(['__proto__', 'constructor', 'prototype'])('a key %s is data, and stains nothing', async (key) => {
    await start();
    const stain = `"${key}":{"prototype":{"stained":1},"stained":1},`;
    const bodies = ['"uid":', '"metadata":', '"spec":', '"containers":'].map((at) =>
      review().replace(at, `${stain}${at}`),
    );
    const answers = await Promise.all(bodies.map((body) => running.mutate(body)));
    expect(answers.map((answer) => responseOf(answer).patchType)).toEqual(Array(4).fill('JSONPatch'));
    expect(({} as { stained?: unknown }).stained).toBeUndefined();
  });

  test.each([
    ['GET', '/mutate', '405 MethodNotAllowed', 'POST'],
    ['PUT', '/mutate?timeout=2s', '405 MethodNotAllowed', 'POST'],
    ['POST', '/readyz', '405 MethodNotAllowed', 'GET'],
    ['GET', '/validate', '405 MethodNotAllowed', 'POST'],
    ['GET', '/', '404 PathUnknown', undefined],
    ['GET', '/metrics', '404 PathUnknown', undefined],
    ['GET', '/%zz', '404 PathUnknown', undefined],
  ])('%s %s', async (method, path, expected, allow) => {
    await start();
    const answer = await running.ask({ method, path });
    expect([errorOf(answer), answer.headers.allow]).toEqual([expected, allow]);
  });
});

test('what a stranger makes long is cut in the log as in the answer', async () => {
  await start();
  const long = 'x'.repeat(6000);
  const { containerRoles, skipContainers } = ANNOTATIONS;
  await running.mutate(review(plainPod({}, { [skipContainers.key]: long })));
  await running.mutate(review(plainPod({}, { [containerRoles.key]: `app=${long}` })));
  await running.mutate(review(plainPod(), { uid: long }));
  expect(running.lines.map((line) => (JSON.parse(line) as { reason?: string }).reason)).toEqual([
    'Injected',
    'RoleUndeclared',
    undefined,
  ]);
  for (const line of running.lines) expect(line.length).toBeLessThan(LIMITS.messageChars + 512);
});

test('the log holds what the message shows, and no more of the annotation', async () => {
  const secrets = { roleARN: TARGET, externalID: 'hush-hush-1', duration: '1h' };
  await start({ lookup: () => Promise.resolve(account(JSON.stringify(secrets))) });
  const pod = plainPod({ containers: [{ name: 'app', env: [{ name: 'PASSWORD', value: 'hush-hush-2' }] }] });
  await running.mutate(review(pod));
  await running.mutate(review({ ...pod, spec: { hostNetwork: true } }));
  await running.mutate(review(pod).slice(0, -5));
  const [injected = '{}', refused = '{}', malformed = '{}'] = running.lines;
  expect(running.lines).toHaveLength(3);
  expect(running.lines.join()).not.toContain('hush-hush');
  expect(JSON.parse(injected)).toMatchObject({ uid: 'b7ae3c1f', account: 'shop/orders', reason: 'Injected' });
  expect(JSON.parse(refused)).toMatchObject({ level: 'warn', reason: 'HostNetwork' });
  expect(JSON.parse(malformed)).toMatchObject({ level: 'warn', code: 'ReviewMalformed' });
});

describe('health', () => {
  const get = async (path: string, notReady: ErrorCode[] = [], notCalled: ErrorCode[] = []): Promise<Response> => {
    const { options } = await start({ notReady: () => notReady, notCalled: () => notCalled });
    const health = makeHealthServer(options);
    open.push(health);
    await health.listen({ host: '127.0.0.1', port: 0 });
    return fetch(`http://127.0.0.1:${(health.server.address() as AddressInfo).port}${path}`);
  };

  test('not ready says why, and is alive all the same', async () => {
    const response = await get('/readyz', ['RegionUnknown', 'CacheNotSynced']);
    const body = (await response.json()) as { reasons: { code: string }[] };
    expect([response.status, body.reasons.map(({ code }) => code)]).toEqual([503, ['RegionUnknown', 'CacheNotSynced']]);
    expect((await get('/healthz', ['RegionUnknown'])).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
  });

  test('what keeps apiservers from calling any replica is told, and no replica is taken out for it', async () => {
    const response = await get('/readyz', [], ['WebhookConfigurationMissing']);
    const body = await response.json();
    expect([response.status, body]).toMatchObject([
      200,
      { status: 'not called', reasons: [{ code: 'WebhookConfigurationMissing' }] },
    ]);
  });

  test('metrics are Prometheus text', async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toContain('# TYPE rolechain_admissions_total counter');
  });

  test('there is no admission without TLS', async () => {
    const response = await get('/mutate');
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'PathUnknown']);
    expect(await counted('rolechain_admission_errors_total')).toEqual({});
  });
});
