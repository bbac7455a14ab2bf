import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { LIMITS } from '@rolechain/shared';
import type { EventApi, NewEvent } from '../telemetry/event-recorder.ts';
import { eventApi } from './event-api.ts';

interface Asked {
  readonly line: string;
  readonly type: string | undefined;
  readonly body: unknown;
}
/** Undefined: it never answers. */
type Answer = { readonly status: number; readonly body: object } | undefined;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function apiOf(answer: Answer, instance = 'webhook-1', deadlineMs?: number): Promise<[EventApi, Asked[]]> {
  const asked: Asked[] = [];
  const note = async (request: IncomingMessage): Promise<void> => {
    const body = await text(request);
    const { method = '', url = '', headers } = request;
    asked.push({ line: `${method} ${url}`, type: headers['content-type'], body: body === '' ? '' : JSON.parse(body) });
  };
  const server = createServer((request, response) => {
    void note(request).then(() => {
      if (!answer) return;
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeConfig = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  kubeConfig.loadFromClusterAndUser(
    { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'u' },
  );
  return [eventApi(kubeConfig, instance, deadlineMs), asked];
}

const REGARDING = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'shop', name: 'orders', uid: 'u-1' };
const EVENT: NewEvent = {
  ...{ regarding: REGARDING, action: 'Inject', reason: 'HostNetwork', note: 'why', name: 'orders.1', at: new Date(0) },
};
const CALLS: readonly (readonly [string, (api: EventApi) => Promise<unknown>])[] = [
  ['a new event', (api) => api.create(EVENT)],
  ['a count', (api) => api.repeat('shop', 'orders.1', 2, new Date(0))],
  ['the look for a uid', (api) => api.uidOf('shop', 'orders')],
];

test.each(CALLS)('%s is given up where the apiserver does not answer', async (_name, call) => {
  const [api] = await apiOf(undefined, 'webhook-1', 100);
  await expect(call(api)).rejects.toThrow();
});

test.each(CALLS)('%s that is refused rejects with the status', async (_name, call) => {
  const [api] = await apiOf({ status: 403, body: { kind: 'Status' } });
  await expect(call(api)).rejects.toMatchObject({ code: 403 });
});

test('a new event names who reports it, as far as the API takes the name', async () => {
  const [api, asked] = await apiOf({ status: 201, body: EVENT }, 'w'.repeat(200));
  await api.create(EVENT);
  expect(asked).toMatchObject([
    {
      line: 'POST /apis/events.k8s.io/v1/namespaces/shop/events',
      body: {
        metadata: { name: 'orders.1', namespace: 'shop' },
        ...{
          eventTime: '1970-01-01T00:00:00.000000Z',
          type: 'Warning',
          action: 'Inject',
          reason: 'HostNetwork',
          note: 'why',
        },
        regarding: REGARDING,
        reportingInstance: 'w'.repeat(LIMITS.eventInstanceChars),
      },
    },
  ]);
});

test('a count has the time of the last', async () => {
  const [api, asked] = await apiOf({ status: 200, body: EVENT });
  await api.repeat('shop', 'orders.1', 2, new Date(1000));
  expect(asked).toEqual([
    {
      line: 'PATCH /apis/events.k8s.io/v1/namespaces/shop/events/orders.1',
      type: 'application/merge-patch+json',
      body: { series: { count: 2, lastObservedTime: '1970-01-01T00:00:01.000000Z' } },
    },
  ]);
});

test('a ServiceAccount that is not there has no uid', async () => {
  const [there] = await apiOf({ status: 200, body: { metadata: { uid: 'u-1' } } });
  expect(await there.uidOf('shop', 'orders')).toBe('u-1');
  const [gone] = await apiOf({ status: 404, body: { kind: 'Status' } });
  expect(await gone.uidOf('shop', 'orders')).toBeUndefined();
});
