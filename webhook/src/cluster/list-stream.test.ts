/** A list by watch over real connections: what an apiserver and what stands before it make of one. */
import { LIMITS } from '@rolechain/shared';
import {
  line,
  list,
  json,
  serviceAccount,
  startKubeDouble,
  status,
  type Answerer,
  type KubeDouble,
} from '../testing/kube-double.ts';
import type { Listed } from './reflector.ts';
import type { CachedObject } from './kind.ts';
import { accountSource, type SourceOptions } from './service-accounts.ts';

const KEY = 'rolechain.io/assume-role';
const account = (name: string, version: string, role = 'r'): object => serviceAccount(name, version, { [KEY]: role });
const bookmark = (version: string, annotations?: Record<string, string>): string =>
  line('BOOKMARK', { metadata: { resourceVersion: version, ...(annotations ? { annotations } : {}) } });
const END = { 'k8s.io/initial-events-end': 'true' };

let double: KubeDouble;
beforeEach(async () => {
  double = await startKubeDouble();
});
afterEach(() => double.close());

/** Lists once, with this answer to the list by watch; pages have the account `paged`. */
async function listOnce(
  stream: Answerer,
  options?: SourceOptions,
  signal = new AbortController().signal,
): Promise<Listed<CachedObject>> {
  double.answerBy((response, url) => {
    if (url.searchParams.has('sendInitialEvents')) stream(response, url);
    else json(200, list('50', [account('paged', '49')]))(response, url);
  });
  return accountSource(double.kubeConfig, options).list(signal);
}

/** Sends these lines and leaves the watch open. */
const sends =
  (...lines: string[]): Answerer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    response.write(lines.join(''));
  };
const paged = {
  by: 'pages',
  items: [{ key: 'shop/paged', annotations: { [KEY]: 'r' } }],
  leftOut: 0,
  resourceVersion: '50',
};
const keys = ({ items }: Listed<CachedObject>): string[] => items.map(({ key }) => key);
const asked = (): string[] => double.asked.map(({ url }) => (url.searchParams.has('watch') ? 'stream' : 'page'));

test('what is there comes as events, up to the bookmark that ends it', async () => {
  const listed = await listOnce(
    sends(line('ADDED', account('a', '3')), line('ADDED', account('b', '4')), bookmark('9', END)),
  );
  expect([listed.by, keys(listed), listed.resourceVersion, asked()]).toEqual([
    'stream',
    ['shop/a', 'shop/b'],
    '9',
    ['stream'],
  ]);
  expect(Object.fromEntries(double.asked[0]!.url.searchParams)).toEqual({
    ...{ watch: 'true', sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' },
    ...{ allowWatchBookmarks: 'true', timeoutSeconds: '30' },
  });
});

test('an account that comes twice, changes or goes meanwhile is there as it was last, once', async () => {
  const listed = await listOnce(
    sends(
      ...[
        line('ADDED', account('twice', '3', 'old')),
        line('ADDED', account('gone', '4')),
        line('ADDED', account('kept', '5')),
      ],
      ...[
        line('ADDED', account('twice', '6', 'new')),
        line('DELETED', account('gone', '7')),
        line('MODIFIED', account('kept', '8', 'changed')),
      ],
      bookmark('9', END),
    ),
  );
  expect(listed).toEqual({
    ...{ by: 'stream', leftOut: 0, resourceVersion: '9' },
    items: [
      { key: 'shop/twice', annotations: { [KEY]: 'new' } },
      { key: 'shop/kept', annotations: { [KEY]: 'changed' } },
    ],
  });
});

test('another bookmark, or one of another value, does not end it', async () => {
  const first = [
    line('ADDED', account('a', '3')),
    bookmark('5'),
    bookmark('6', { 'k8s.io/initial-events-end': 'false' }),
  ];
  const listed = await listOnce(sends(...first, line('ADDED', account('b', '7')), bookmark('9', END)));
  expect([keys(listed), listed.resourceVersion]).toEqual([['shop/a', 'shop/b'], '9']);
});

const half = line('ADDED', account('half', '3'));
const drips: Answerer = (response, url) => {
  sends()(response, url);
  const timer = setInterval(() => response.write(half), 5);
  response.once('close', () => clearInterval(timer));
};
const breaksOff: Answerer = (response, url) => {
  sends(half)(response, url);
  setTimeout(() => response.destroy(), 20);
};
const isTooLarge = serviceAccount('half', '3', { x: 'x'.repeat(LIMITS.objectBytes + 2 ** 20) });

test.each<[string, Answerer, SourceOptions]>([
  ['an apiserver whose gate is off (1.33): 422', status(422), {}],
  ['one that does not know the parameter: 400', status(400), {}],
  ['one that lets us list and not watch: 403', status(403), {}],
  ['a stream that breaks off half way', breaksOff, {}],
  ['a line that breaks off', (response) => response.writeHead(200).end(half.slice(0, 40)), {}],
  ['a stream that ends in order without its bookmark', (response) => response.writeHead(200).end(half), {}],
  ['a bookmark that never comes', sends(half), { listSilenceMs: 50 }],
  ['an answer that never comes', () => undefined, { listSilenceMs: 50 }],
  ['a stream that never ends, with a word each moment', drips, { listSeconds: 0, listSilenceMs: 100 }],
  ['410 in the stream', sends(half, line('ERROR', { kind: 'Status', code: 410 })), {}],
  ['what a proxy put there', sends('HTTP/1.1 502 Bad Gateway\n'), {}],
  ['an object that is larger than any', sends(line('ADDED', isTooLarge)), {}],
])('%s: pages say what is there, and nothing of the stream is kept', async (_name, stream, options) => {
  expect(await listOnce(stream, options)).toEqual(paged);
  // Where it is given up after a time, a machine may be too busy for the first of them.
  if ('listSilenceMs' in options) expect(asked().at(-1)).toBe('page');
  else expect(asked()).toEqual(['stream', 'page']);
});

test.each([401, 410, 429, 500, 503])('%i is an answer to pages, too: none is asked for', async (code) => {
  await expect(listOnce(status(code))).rejects.toMatchObject({ code });
  expect(asked()).toEqual(['stream']);
});

test('the end does not wait for it, and asks for no page', async () => {
  const end = new AbortController();
  const listing = listOnce(
    (response, url) => {
      sends(line('ADDED', account('a', '3')))(response, url);
      end.abort();
    },
    {},
    end.signal,
  );
  await expect(listing).rejects.toMatchObject({ name: 'AbortError' });
  expect(asked()).toEqual(['stream']);
});

test('what there is no room for is left out, and counted once', async () => {
  const text = 'x'.repeat(LIMITS.annotationBytes);
  const count = Math.ceil(LIMITS.accountsKeptBytes / 2 / text.length);
  const events = Array.from({ length: count }, (_, i) => line('ADDED', account(`a${i}`, '3', text)));
  const last = line('MODIFIED', account(`a${count - 1}`, '4', text));
  const { items, leftOut = 0 } = await listOnce(
    sends(...events, last, line('ADDED', account('small', '5')), bookmark('9', END)),
  );
  expect([items.length + leftOut, items.at(-1)?.key]).toEqual([count + 1, 'shop/small']);
  expect(leftOut).toBeGreaterThan(count / 3);
});

test('what is left out counts no longer once it fits, or is gone', async () => {
  const text = 'x'.repeat(LIMITS.annotationBytes);
  const count = Math.ceil(LIMITS.accountsKeptBytes / 2 / text.length);
  const events = Array.from({ length: count }, (_, i) => line('ADDED', account(`a${i}`, '3', text)));
  const before = await listOnce(sends(...events, bookmark('9', END)));
  const [fits, gone] = [`a${count - 1}`, `a${count - 2}`];
  const after = await listOnce(
    sends(...events, line('MODIFIED', account(fits, '4')), line('DELETED', account(gone, '4')), bookmark('9', END)),
  );
  expect(after.leftOut).toBe((before.leftOut ?? 0) - 2);
  expect(after.items.map(({ key }) => key)).toEqual([...before.items.map(({ key }) => key), `shop/${fits}`]);
});

test('where more is left out than a MiB of names can tell apart, pages count it', async () => {
  const full = 'x'.repeat(LIMITS.annotationBytes);
  const kept = Math.ceil(LIMITS.accountsKeptBytes / 2 / full.length) + 1;
  const filling = Array.from({ length: kept }, (_, i) => line('ADDED', account(`full${i}`, '3', full)));
  const name = 'n'.repeat(240);
  // Large enough not to fit into what is left of the room, or each would be kept.
  const others = Array.from({ length: 3000 }, (_, i) =>
    line('ADDED', account(`${name}${i}`, '3', full.slice(0, 5000))),
  );
  expect(await listOnce(sends(...filling, ...others, bookmark('9', END)))).toEqual(paged);
  expect(asked()).toEqual(['stream', 'page']);
});
