/** The webhook from its bundle, as the Deployment runs it. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { CoreV1Api, AdmissionregistrationV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { ANNOTATIONS, ENV, FOREIGN_KEYS, PATHS } from '@rolechain/shared';
import type { ReviewResponse } from '@rolechain/webhook';
import { freePort } from '@rolechain/kit/free-port.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { heard } from '@rolechain/kit/record.ts';
import { expectTable } from '../metrics/scrape.ts';
import { launch, type Launched, type LaunchOptions } from './launch.ts';

const SERVER_NAME = 'rolechain-webhook.rolechain.svc';
const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(options?: LaunchOptions): Promise<Launched> {
  const launched = await launch(options);
  stops.push(launched.stop);
  return launched;
}

describe('a configuration that is not valid', () => {
  test.each<[string, LaunchOptions, RegExp]>([
    [
      'fields',
      { settingsText: 'port: x\nsidecarimage: y' },
      /port is "x", but takes a port.*did you mean sidecarImage/,
    ],
    ['a Region that is none', { settings: { region: 'eu-central1' } }, /\(did you mean eu-central-1\?\)/],
    ['no image of the sidecar', { settings: { sidecarImage: undefined } }, /sidecarImage is missing/],
    ['YAML', { settingsText: 'a: [' }, /is not valid YAML/],
    ['no file', { args: ['--settings', '/nowhere'] }, /\/nowhere can't be read: ENOENT/],
    ['an unknown flag', { args: ['--setting'] }, /--setting/],
  ])('%s: exit code 2 and one line', async (_name, options, expected) => {
    const { process, log } = await start(options);
    expect(await process.ended).toBe('exit code 2');
    expect(log()).toMatch(/^rolechain-webhook: .* \[SettingsInvalid\]\n$/);
    expect(log()).toMatch(expected);
  });
});

test('a port that is taken ends it, with a code', async () => {
  const taken = createServer().listen(await freePort(), '127.0.0.1');
  await once(taken, 'listening');
  stops.push(() => once(taken.close(), 'close').then(() => undefined));
  const { port } = taken.address() as { port: number };
  const { process, log } = await start({ settings: { healthPort: port } });
  expect(await process.ended).toBe('exit code 1');
  expect(lastLine(log())).toMatchObject({ level: 'fatal', code: 'ListenFailed' });
});

test.each([
  ['by tag', 'registry.example.com/sidecar:1', 1],
  ['by digest', `registry.example.com/sidecar@sha256:${'0'.repeat(64)}`, 0],
  ['of the manifests as they come', 'registry.example/rolechain/sidecar:0.1.0', 0],
])('an image of the sidecar %s is told so often at the start', async (_name, sidecarImage, times) => {
  const { log } = await start({ settings: { sidecarImage } });
  await until('it asks for its ServiceAccounts', PATIENCE_MS, () => log().includes('CacheNotSynced'));
  const told = log()
    .split('\n')
    .filter((line) => line.includes('SidecarImageByTag'));
  expect(told).toHaveLength(times);
  for (const line of told)
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', fix: 'Write name@sha256:... instead.' });
});

test('without an apiserver it waits, alive and not ready', async () => {
  const { process, log, readiness, healthPort } = await start({ settings: { region: undefined } });
  await until('it says why', PATIENCE_MS, async () => (await readiness()).startsWith('503'));
  expect(await readiness()).toBe('503 CertificatesUnavailable RegionUnknown CacheNotSynced');
  expect((await fetch(`http://127.0.0.1:${healthPort}${PATHS.healthz}`)).status).toBe(200);
  await until('each part has tried', PATIENCE_MS, () => log().includes('CacheNotSynced'));
  process.signal('SIGTERM');
  expect(await process.ended).toBe('exit code 0');
});

test('a settings file that changes is told in log and metric, and nothing else changes', async () => {
  const { log, readiness, healthPort, settingsFile } = await start();
  const metric = async (name: string): Promise<string | undefined> => {
    const metrics = await (await fetch(`http://127.0.0.1:${healthPort}${PATHS.metrics}`)).text();
    return new RegExp(`^rolechain_settings_${name} (\\d)$`, 'm').exec(metrics)?.[1];
  };
  const metrics = async (): Promise<unknown> => [await metric('restart_pending'), await metric('invalid')];
  await until('it answers', PATIENCE_MS, async () => (await readiness()).startsWith('503'));
  expect(await metrics()).toEqual(['0', '0']);
  const before = await readFile(settingsFile, 'utf8');
  await writeFile(settingsFile, before.replace('sidecar:1', 'sidecar:2'));
  await until('it says so', PATIENCE_MS, () => log().includes('a restart is pending'));
  expect(await metrics()).toEqual(['1', '0']);
  await writeFile(settingsFile, before.replace('sidecarImage', 'sidecarimage'));
  await until('it says why', PATIENCE_MS, () => /SettingsInvalid.*did you mean sidecarImage/.test(log()));
  expect(await metrics()).toEqual(['0', '1']);
  expect(await readiness()).not.toContain('SettingsInvalid');
});

describeWithCluster('with a real apiserver', (cluster) => {
  const core = (): CoreV1Api => cluster().kubeConfig.makeApiClient(CoreV1Api);
  let kubeconfig: string;

  beforeAll(async () => {
    const { kubeConfig } = cluster();
    await applyAll(kubeConfig, await installManifests());
    await leadServiceTo(kubeConfig, await freePort());
    kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
    await core().createNamespacedServiceAccount({
      namespace: 'default',
      body: { metadata: { name: 'orders', annotations: { [ANNOTATIONS.assumeRole.key]: ROLE } } },
    });
    await core().createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name: 'plain' } } });
  });

  /** The CA that the apiserver trusts for the first of the webhooks. */
  const published = async (): Promise<string> => {
    const api = cluster().kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    const { webhooks } = await api.readMutatingWebhookConfiguration({ name: 'rolechain' });
    return Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString();
  };
  const ready = async (options: LaunchOptions = {}): Promise<Launched> => {
    const launched = await start({ kubeconfig, ...options });
    await until('it is ready', PATIENCE_MS, async () => (await launched.readiness()) === '200');
    return launched;
  };

  test('it is ready once certificate, Region and accounts are there', async () => {
    await core().createNode({ body: { metadata: { name: 'node-1' }, spec: {} } });
    const options = { settings: { region: undefined }, env: { [ENV.nodeName]: 'node-1' } };
    const { readiness, port, log } = await start({ kubeconfig, ...options });
    await until('only the Region lacks', PATIENCE_MS, async () => (await readiness()) === '503 RegionUnknown');
    expect(log()).toMatch(/"code":"RegionUnknown".*Node node-1 has no label topology\.kubernetes\.io\/region/);

    await until('the CA is published', PATIENCE_MS, async () => (await published()) !== '');
    const ca = await published();
    const waiting = await mutate(port, ca, 'orders');
    expect([waiting.status, waiting.retryAfter, waiting.text]).toMatchObject([
      503,
      '1',
      expect.stringContaining('"RegionUnknown"'),
    ]);
    expect(responseOf(await mutate(port, ca, 'plain'))).toMatchObject({ allowed: true });

    const metadata = { labels: { [FOREIGN_KEYS.nodeRegionLabel]: 'eu-west-3' } };
    await core().patchNode({ name: 'node-1', body: { metadata } }, mergePatch);
    await until('it is ready', PATIENCE_MS, async () => (await readiness()) === '200');
    const { patch = '' } = responseOf(await mutate(port, ca, 'orders'));
    expect(Buffer.from(patch, 'base64').toString()).toContain('eu-west-3');
  });

  test('two replicas that start at once end with one CA, and both answer', async () => {
    await core()
      .deleteNamespacedSecret({ namespace: NAMESPACE, name: 'rolechain-webhook-tls' })
      .catch(() => undefined);
    const replicas = await Promise.all([ready(), ready()]);
    const { data = {} } = await core().readNamespacedSecret({ namespace: NAMESPACE, name: 'rolechain-webhook-tls' });
    const ca = Buffer.from(data['ca.crt'] ?? '', 'base64').toString();
    await until('the CA is published', PATIENCE_MS, async () => (await published()) === ca);
    const answers = await Promise.all(replicas.map(({ port }) => mutate(port, ca, 'orders')));
    expect(answers.map((answer) => responseOf(answer).patchType)).toEqual(['JSONPatch', 'JSONPatch']);
    const made = replicas.filter(({ log }) => log().includes('"certificates: made"'));
    expect(made).toHaveLength(1);
  });

  test('its metrics say what it did and has', async () => {
    const { healthURL, port, stop } = await startWebhook({ port: await freePort(), kubeconfig });
    stops.push(stop);
    await mutate(port, await published(), 'orders');
    const malformed = await mutate(port, await published(), 'orders', undefined, 'Other');
    expect(malformed.status).toBe(400);
    const metrics = await (await fetch(healthURL + PATHS.metrics)).text();
    // The bundle is there already: test/webhook/by-hand.test.ts counts its writes.
    expectTable('webhook', metrics, [
      'rolechain_audited_admissions_total',
      'rolechain_ca_bundle_writes_total',
      'rolechain_live_lookups_total',
    ]);
    expect(metrics).toContain('rolechain_admissions_total{outcome="injected",reason="Injected"} 1');
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
    const { items } = await core().listServiceAccountForAllNamespaces();
    expect(value('rolechain_service_accounts')).toBe(items.length);
    const { data = {} } = await core().readNamespacedSecret({ namespace: NAMESPACE, name: 'rolechain-webhook-tls' });
    const endsAt = (file: string): number =>
      new X509Certificate(Buffer.from(data[file] ?? '', 'base64')).validToDate.getTime() / 1000;
    const [leaf, authority] = [endsAt('tls.crt'), endsAt('ca.crt')];
    expect(value('rolechain_certificate_expiration_timestamp_seconds')).toBe(leaf);
    expect(value('rolechain_ca_certificate_expiration_timestamp_seconds')).toBe(authority);
    expect(authority).toBeGreaterThan(leaf);
  });

  test('after SIGTERM it is not ready, answers on, and exits 0', async () => {
    const late = { namespace: 'default', name: 'late' };
    await core().createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name: late.name } } });
    const { process, readiness, port } = await ready({
      env: { NODE_OPTIONS: `--import ${join(__dirname, 'held-drain.mjs')}` },
    });
    const ca = await published();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await mutate(port, ca, 'orders', agent)).connection).toBe('keep-alive');
    // A request that never comes in whole must not hold the end up.
    const stuck = connect({ host: '127.0.0.1', port, servername: SERVER_NAME, ca });
    stuck.on('error', () => undefined).write('POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{');
    stops.push(() => Promise.resolve(void stuck.destroy()));

    process.signal('SIGTERM');
    await until('it is not ready', PATIENCE_MS, async () => (await readiness()) === '503 ShuttingDown');
    // The apiserver's pooled connection and a new one.
    const answers = [await mutate(port, ca, 'orders', agent), await mutate(port, ca, 'orders')];
    expect(answers.map((answer) => [responseOf(answer).patchType, answer.connection, answer.reused])).toEqual([
      ['JSONPatch', 'close', true],
      ['JSONPatch', 'close', false],
    ]);
    // The accounts are followed to the end: what it decides is not of before SIGTERM.
    const annotations = { [ANNOTATIONS.assumeRole.key]: ROLE };
    await core().patchNamespacedServiceAccount({ ...late, body: { metadata: { annotations } } }, mergePatch);
    await until('it sees the annotation', PATIENCE_MS, async () => {
      return responseOf(await mutate(port, ca, late.name)).patchType === 'JSONPatch';
    });
    // It drains until here, whatever the machine does meanwhile.
    process.signal('SIGUSR2');
    expect(await process.ended).toBe('exit code 0');
    agent.destroy();
  });

  test('a TLS port that is taken ends it', async () => {
    const { port } = await ready();
    const second = await start({ kubeconfig, settings: { port } });
    expect(await second.process.ended).toBe('exit code 1');
    expect(lastLine(second.log())).toMatchObject({ level: 'fatal', code: 'ListenFailed' });
  });

  test('no log holds a key or a token', async () => {
    const { log } = await ready({ settings: { logLevel: 'trace' } });
    expect(log()).toContain('"starting"');
    expect(log()).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE|eyJhbGciOi/);
  });
});

const ROLE = 'arn:aws:iam::222222222222:role/orders';

function lastLine(log: string): unknown {
  return JSON.parse(log.trimEnd().split('\n').at(-1) ?? 'null');
}

interface Answer {
  readonly status: number;
  readonly connection: string | undefined;
  readonly retryAfter: string | undefined;
  readonly reused: boolean;
  readonly text: string;
}

function responseOf({ text: body }: Answer): ReviewResponse['response'] {
  return (JSON.parse(body) as ReviewResponse).response;
}

/** Asks as the apiserver does about a pod of an account in `default`, trusting this CA alone. */
async function mutate(
  port: number,
  ca: string,
  serviceAccountName: string,
  agent?: Agent,
  kind = 'AdmissionReview',
): Promise<Answer> {
  const body = JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind,
    request: {
      uid: 'u',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace: 'default',
      object: { metadata: {}, spec: { serviceAccountName, containers: [{ name: 'app', image: 'app:1' }] } },
    },
  });
  const connection = agent ? { agent } : { agent: new Agent({ keepAlive: true, timeout: 1000 }) };
  const options = { host: '127.0.0.1', port, servername: SERVER_NAME, ca, path: '/mutate?timeout=2s', method: 'POST' };
  const asked = request({ ...options, ...connection, headers: { 'content-type': 'application/json' } });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage & { socket: TLSSocket }];
  const { connection: kept, 'retry-after': retryAfter } = response.headers;
  const answer = await text(response);
  heard('answer to an admission review', answer);
  if (!agent) connection.agent.destroy();
  return { status: response.statusCode ?? 0, connection: kept, retryAfter, reused: asked.reusedSocket, text: answer };
}
