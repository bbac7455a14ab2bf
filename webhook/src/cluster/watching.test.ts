/** Reflector, source and cache over real connections, against what apiservers, proxies and the client itself do. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { eventually } from '@rolechain/kit/until.ts';
import { makeAccountCache, accountSource, PAGE, type SourceOptions } from './service-accounts.ts';
import { reflect } from './reflector.ts';
import {
  json,
  line,
  list,
  serviceAccount,
  startKubeDouble,
  status,
  type Answerer,
  type KubeDouble,
} from '../testing/kube-double.ts';

const annotated = (name: string, version: string, role = 'r'): object =>
  serviceAccount(name, version, { 'rolechain.io/assume-role': role });

let double: KubeDouble;
let end: AbortController;
let running: Promise<void>;
let cache: ReturnType<typeof makeAccountCache>;
let warnings: object[];
/** What the next lists and watches do, in order; further lists fail and further watches stay silent. */
let lists: Answerer[];
let watches: Answerer[];

beforeEach(async () => {
  double = await startKubeDouble();
  end = new AbortController();
  cache = makeAccountCache(() => performance.now());
  [lists, watches, warnings] = [[], [], []];
  double.answerBy((response, url) => {
    if (isStream(url)) status(422)(response, url);
    else if (url.searchParams.get('watch') === 'true') (watches.shift() ?? opens())(response, url);
    else (lists.shift() ?? status(500))(response, url);
  });
});
afterEach(async () => {
  end.abort();
  await running;
  await double.close();
});

function start(options: SourceOptions = {}): void {
  const log = { info: () => undefined, warn: (fields: object) => warnings.push(fields) };
  running = reflect(accountSource(double.kubeConfig, options), cache.sink, {
    ...{ log, signal: end.signal, now: () => performance.now(), random: () => 1, backoffMs: 2 },
  });
}

const lists5 = (...items: object[]): Answerer => json(200, list('5', items));
/** Sends the head and these lines, and leaves the watch open. */
const opens =
  (...lines: string[]): Answerer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    response.write(lines.join(''));
  };
const ends =
  (...lines: string[]): Answerer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(lines.join(''));

const until = (condition: () => boolean): Promise<boolean> =>
  eventually(() => `${asked().join(', ')}; ${JSON.stringify(warnings)}`, condition, { everyMs: 2 });
const roleOf = (name: string): string | undefined => cache.get('shop', name)?.annotations['rolechain.io/assume-role'];
/** A list by watch, which this apiserver doesn't know (list-stream.test.ts). */
const isStream = ({ searchParams }: URL): boolean => searchParams.has('sendInitialEvents');
const requests = (): KubeDouble['asked'] => double.asked.filter(({ url }) => !isStream(url));
/** `list` or `watch <resourceVersion>` for each other request. */
const asked = (): string[] =>
  requests().map(({ url: { searchParams: of } }) =>
    of.has('watch') ? `watch ${of.get('resourceVersion') ?? ''}` : 'list',
  );

test('a list of nothing is `null` where metadata alone is asked for', async () => {
  lists = [json(200, { metadata: { resourceVersion: '5' }, items: null })];
  watches = [opens(line('ADDED', annotated('a', '6')))];
  start();
  await until(() => roleOf('a') === 'r');
  expect([asked(), warnings]).toEqual([['list', 'watch 5'], []]);
});

test('a list, and events as they come', async () => {
  lists = [lists5(annotated('a', '3'), serviceAccount('b', '4'))];
  watches = [opens(line('MODIFIED', annotated('b', '6')), line('DELETED', annotated('a', '7')))];
  start();
  await until(() => roleOf('b') === 'r' && cache.get('shop', 'a') === undefined);
  expect(cache.size()).toBe(1);
  const { searchParams } = requests()[1]!.url;
  expect(searchParams.get('allowWatchBookmarks')).toBe('true');
  // The client takes 30 s of silence for a dead connection: a quiet watch must have ended by then.
  expect(Number(searchParams.get('timeoutSeconds'))).toBeLessThan(30);
});

test('a list of many comes in pages', async () => {
  const page = (name: string, next?: string): Answerer => json(200, list('9', [annotated(name, '1')], next));
  lists = [page('a', 'token-1'), page('b', 'token-2'), page('c')];
  start();
  await until(() => cache.size() === 3);
  const queries = requests()
    .slice(0, 3)
    .map(({ url }) => Object.fromEntries(url.searchParams));
  const limit = String(PAGE);
  expect(queries).toEqual([{ limit }, { limit, continue: 'token-1' }, { limit, continue: 'token-2' }]);
  await until(() => asked().includes('watch 9'));
});

test('nothing is known from a list that breaks off between its pages', async () => {
  lists = [
    json(200, list('9', [annotated('a', '1')], 'token')),
    status(410),
    json(200, list('12', [annotated('b', '11')])),
  ];
  start();
  await until(() => cache.synced());
  expect([roleOf('a'), roleOf('b'), asked().slice(0, 3)]).toEqual([undefined, 'r', ['list', 'list', 'list']]);
});

test('a list that fails is asked for again', async () => {
  lists = [
    (response) => response.writeHead(500).end('hush'),
    (response) => response.destroy(),
    lists5(annotated('a', '3')),
  ];
  start();
  await until(() => roleOf('a') === 'r');
  expect(warnings).toEqual([
    { code: 'CacheNotSynced', error: 'HTTP 500' },
    { code: 'CacheNotSynced', error: 'TypeError UND_ERR_SOCKET' },
  ]);
});

test('a watch that ends goes on from its last event', async () => {
  lists = [lists5()];
  watches = [
    ends(),
    ends(line('ADDED', annotated('a', '6'))),
    ends(line('BOOKMARK', { kind: 'ServiceAccount', metadata: { resourceVersion: '8' } })),
  ];
  start();
  await until(() => requests().length === 5);
  expect(asked()).toEqual(['list', 'watch 5', 'watch 5', 'watch 6', 'watch 8']);
  expect([roleOf('a'), warnings]).toEqual(['r', []]);
});

test.each([
  ['its answer', status(410)],
  ['an event', opens(line('ERROR', { kind: 'Status', code: 410 }))],
])('410 as %s lists again', async (_name, gone) => {
  lists = [lists5(annotated('a', '3')), json(200, list('20', [annotated('b', '19')]))];
  watches = [gone];
  start();
  await until(() => asked().includes('watch 20'));
  expect([roleOf('a'), roleOf('b'), asked()]).toEqual([undefined, 'r', ['list', 'watch 5', 'list', 'watch 20']]);
});

test('a connection that breaks in the midst of a line loses nothing', async () => {
  const event = line('MODIFIED', annotated('a', '7', 'new'));
  lists = [lists5(annotated('a', '3'))];
  watches = [
    (response, url) => {
      opens(line('ADDED', annotated('b', '6')), event.slice(0, 40))(response, url);
      void until(() => roleOf('b') === 'r').then(() => response.destroy());
    },
    opens(event),
  ];
  start();
  await until(() => roleOf('a') === 'new');
  expect(asked()).toEqual(['list', 'watch 5', 'watch 6']);
});

test.each([
  ['no JSON at all', 'HTTP/1.1 502 Bad Gateway\n', ['list', 'watch 5', 'list', 'watch 10']],
  ['JSON that is no event', '{"error":"bad gateway"}\n', ['list', 'watch 5', 'list', 'watch 10']],
  ['an event without an object', '{"type":"MODIFIED"}\n', ['list', 'watch 5', 'list', 'watch 10']],
  ['an object without a version', line('MODIFIED', { metadata: {} }), ['list', 'watch 5', 'list', 'watch 10']],
  ['an unknown type of event', line('NEW', annotated('x', '6')), ['list', 'watch 5', 'list', 'watch 10']],
])('%s in a watch: the accounts are right all the same', async (_name, garbage, questions) => {
  lists = [lists5(), json(200, list('10', [annotated('a', '9')]))];
  watches = [opens(garbage, line('ADDED', annotated('a', '9')))];
  start();
  await until(() => roleOf('a') === 'r' && requests().length === questions.length);
  expect(asked()).toEqual(questions);
});

test.each<[string, Answerer, string]>([
  ['after an event', opens(line('ADDED', annotated('a', '6'))), 'watch 6'],
  ['before its answer', () => undefined, 'watch 5'],
])('a connection that goes silent %s is left, and closed', async (_name, silent, next) => {
  const left = Promise.withResolvers<undefined>();
  lists = [lists5()];
  watches = [
    (response, url) => {
      response.req.socket.once('close', () => left.resolve(undefined));
      silent(response, url);
    },
    opens(line('ADDED', annotated('b', '7'))),
  ];
  start({ silenceMs: 1_000 });
  await until(() => roleOf('b') === 'r');
  expect(asked().slice(0, 3)).toEqual(['list', 'watch 5', next]);
  // The watch after it goes silent as well, sooner or later.
  expect(warnings[0]).toEqual({ code: 'CacheNotSynced', error: 'TimeoutError' });
  await left.promise;
});

test.each<[string, Answerer]>([
  ['has answered', opens()],
  ['has not answered', () => undefined],
])('the end does not wait for an apiserver that %s', async (_name, watch) => {
  const watching = Promise.withResolvers<ServerResponse>();
  lists = [lists5()];
  watches = [
    (response, url) => {
      watch(response, url);
      watching.resolve(response);
    },
  ];
  start();
  const response = await watching.promise;
  const closed = once(response, 'close');
  end.abort();
  await running;
  // The client can be told to let go only of a watch that was answered.
  if (!response.headersSent) response.flushHeaders();
  await closed;
});
