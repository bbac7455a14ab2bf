/** The cache and its source against a real kube-apiserver. */
import { CoreV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { describeWithCluster } from '../cluster/jest.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { ANNOTATIONS, FOREIGN_KEYS } from '@rolechain/shared';
import { nodeRegion } from '../../webhook/src/cluster/region.ts';
import { reflect, type WatchEvent } from '../../webhook/src/cluster/reflector.ts';
import {
  accountReader,
  accountSource,
  makeAccountCache,
  makeLookup,
  type AccountCache,
  type ReadAccount,
} from '../../webhook/src/cluster/service-accounts.ts';

const KEY = ANNOTATIONS.assumeRole.key;
const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
/** Of look-ups that should be answered: how soon is another question. */
const PATIENT_MS = 60_000;
const until = (condition: () => boolean): Promise<boolean> =>
  eventually(condition.toString(), condition, { everyMs: 5 });

describeWithCluster('on a real apiserver', (cluster) => {
  const namespace = 'default';
  const api = (): CoreV1Api => cluster().kubeConfig.makeApiClient(CoreV1Api);
  const create = (name: string, annotations: Record<string, string> = {}): Promise<unknown> =>
    api().createNamespacedServiceAccount({ namespace, body: { metadata: { name, annotations } } });
  const annotate = (name: string, value: string | null): Promise<unknown> =>
    api().patchNamespacedServiceAccount(
      { namespace, name, body: { metadata: { annotations: { [KEY]: value } } } },
      mergePatch,
    );

  const patient = (cache: Pick<AccountCache, 'get'>): ReadAccount =>
    makeLookup(cache, accountReader(cluster().kubeConfig, PATIENT_MS), PATIENT_MS);

  let end: AbortController;
  let running: Promise<void> | undefined;
  let warnings: object[];
  beforeEach(() => {
    end = new AbortController();
    warnings = [];
  });
  afterEach(async () => {
    end.abort();
    await running;
  });

  /** A cache that follows the apiserver, and look-ups through it. */
  const follow = async () => {
    const now = (): number => performance.now();
    const cache = makeAccountCache(now);
    const log = { info: () => undefined, warn: (fields: object) => warnings.push(fields) };
    const source = accountSource(cluster().kubeConfig);
    running = reflect(source, cache.sink, { log, signal: end.signal, now, random: Math.random });
    await until(cache.synced);
    return { cache, lookup: patient(cache) };
  };

  test('accounts are followed as they come, change and go', async () => {
    await create('early', { [KEY]: 'r1', 'example.org/other': 'x' });
    const { cache, lookup } = await follow();
    const roleOf = (name: string): string | undefined => cache.get(namespace, name)?.annotations[KEY];
    expect(cache.get(namespace, 'early')?.annotations).toEqual({ [KEY]: 'r1' });
    await create('late');
    await annotate('late', 'r2');
    await until(() => roleOf('late') === 'r2');
    await annotate('early', null);
    await until(() => roleOf('early') === undefined);
    await api().deleteNamespacedServiceAccount({ namespace, name: 'late' });
    await until(() => cache.get(namespace, 'late') === undefined);
    expect(await lookup(namespace, 'late')).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  test('an account that the cache lacks is asked for live', async () => {
    await create('unseen', { [KEY]: 'r' });
    const lookup = patient({ get: () => undefined });
    expect(await lookup(namespace, 'unseen')).toEqual({ namespace, name: 'unseen', annotations: { [KEY]: 'r' } });
    expect(await lookup(namespace, 'nobody')).toBeUndefined();
  });

  test('a watch that saw something ends with a bookmark, from which the next one goes on', async () => {
    const enough = new AbortController();
    const source = (watchSeconds: number) => accountSource(cluster().kubeConfig, { watchSeconds });
    const watch = async (seconds: number, from: string, onFirst: () => unknown): Promise<WatchEvent<unknown>[]> => {
      const events: WatchEvent<unknown>[] = [];
      const onEvent = (event: WatchEvent<unknown>): void => {
        if (events.push(event) === 1) onFirst();
      };
      await source(seconds).watch(from, onEvent, enough.signal);
      return events;
    };
    // Only for what happens while it is open is the store said to have moved: it must be open for long enough.
    let bookmark: WatchEvent<unknown> | undefined;
    for (let seconds = 4; bookmark === undefined && seconds < 60; seconds *= 3) {
      const { resourceVersion } = await source(seconds).list(end.signal);
      await create(`before-the-watch-${seconds}`);
      const during = Promise.withResolvers<unknown>();
      const events = await watch(seconds, resourceVersion, () =>
        create(`during-the-watch-${seconds}`).then(during.resolve, during.reject),
      );
      await during.promise;
      if (events.length > 2) bookmark = events.at(-1);
    }
    expect(bookmark?.type).toBe('BOOKMARK');
    await create('after-the-bookmark');
    const [next] = await watch(60, (bookmark as { resourceVersion: string }).resourceVersion, () => enough.abort());
    expect(next).toMatchObject({ type: 'ADDED', object: { key: `${namespace}/after-the-bookmark` } });
  });

  test('a quiet watch is ended in order, which keeps the cache fresh without an event', async () => {
    const contact = jest.fn();
    const sink = { ...makeAccountCache(() => 0).sink, contact };
    const log = { info: () => undefined, warn: (fields: object) => warnings.push(fields) };
    const source = accountSource(cluster().kubeConfig, { watchSeconds: 2 });
    running = reflect(source, sink, { log, signal: end.signal, now: () => performance.now(), random: Math.random });
    await until(() => contact.mock.calls.length === 3);
    expect(warnings).toEqual([]);
  });

  test('while the apiserver stands still, look-ups fail with a code; then they are well again', async () => {
    const { cache, lookup } = await follow();
    await create('frozen', { [KEY]: 'r' });
    await until(() => cache.get(namespace, 'frozen') !== undefined);
    cluster().pauseApiserver();
    try {
      const impatient = makeLookup(cache, accountReader(cluster().kubeConfig));
      const errors = await Promise.all(
        [1, 2].map(() => impatient(namespace, 'unknown').catch((error: unknown) => error)),
      );
      expect(errors).toMatchObject([{ code: 'LookupFailed' }, { code: 'LookupFailed' }]);
      // What was known is answered on.
      expect((await impatient(namespace, 'frozen'))?.annotations).toEqual({ [KEY]: 'r' });
    } finally {
      cluster().resumeApiserver();
    }
    expect(await lookup(namespace, 'unknown')).toBeUndefined();
    await annotate('frozen', 'r2');
    await until(() => cache.get(namespace, 'frozen')?.annotations[KEY] === 'r2');
  });

  describe('the Region', () => {
    const label = FOREIGN_KEYS.nodeRegionLabel;
    const region = (name?: string): Promise<string> =>
      nodeRegion(cluster().kubeConfig, name).catch((error: unknown) => String(error));
    beforeAll(async () => {
      const labels = { [label]: 'eu-west-1' };
      await api().createNode({ body: { metadata: { name: 'labelled', labels }, spec: {} } });
      await api().createNode({ body: { metadata: { name: 'bare' }, spec: {} } });
      await api().createNode({ body: { metadata: { name: 'blank', labels: { [label]: '' } }, spec: {} } });
    });

    test("is that of the node's label", async () => {
      expect(await region('labelled')).toBe('eu-west-1');
    });

    test.each([
      ['no label', 'bare', /Node bare has no label topology\.kubernetes\.io\/region\.$/],
      ['an empty label', 'blank', /Node blank has no label/],
      ['no such node', 'nowhere', /Node nowhere can't be read: HTTP 404\.$/],
      ['no name', '', /The name of the node is not known either\.$/],
      ['no name at all', undefined, /The name of the node is not known either\.$/],
    ])('%s is an error that says so', async (_name, node, text) => {
      expect(await region(node)).toMatch(text);
    });
  });
});
