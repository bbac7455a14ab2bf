/** An egress proxy and a private CA, by Node's own settings: STS goes through them, and nothing else does. */
import { startEgress, type Egress } from '../fixture/egress.ts';
import { answerOf, codeOf, useBench } from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';

const bench = useBench();
/** A name that only the proxy knows. */
const STS = 'sts.vpc.example';

let egress: Egress;
beforeEach(async () => {
  egress = await startEgress(bench.sts.port, [STS]);
});
afterEach(() => egress.close());

test('STS through the proxy, trusted by the private CA; the agent and loopback directly', async () => {
  const env = egress.environment;
  const sidecar = await bench.start({ env, stsEndpoint: `https://${STS}` });
  await answerOf(sidecar, 200);
  expect(egress.tunnels).toEqual([`CONNECT ${STS}:443`]);
  expect(egress.hosts).toEqual([STS]);
  expect(bench.sts.requests.map((request) => [request.signature, request.answer])).toEqual([['valid', 'ok']]);
  expect(bench.agent.requests).toHaveLength(1);
});

test('an STS on loopback, and what NO_PROXY names, directly', async () => {
  const env = egress.environment;
  await answerOf(await bench.start({ env }), 200);
  const excepted = await bench.start({ env: { ...env, NO_PROXY: STS }, stsEndpoint: `https://${STS}` });
  await eventually('no such name', async () => codeOf(await excepted.ask()) === '503 StsUnreachable');
  expect(egress.tunnels).toEqual([]);
});

test('without the setting no proxy is used; without the CA the proxy is no way to STS', async () => {
  await answerOf(await bench.start({ env: { ...egress.environment, NODE_USE_ENV_PROXY: '0' } }), 200);
  expect(egress.tunnels).toEqual([]);
  const { NODE_EXTRA_CA_CERTS: _, ...env } = egress.environment;
  const sidecar = await bench.start({ env, stsEndpoint: `https://${STS}` });
  const { data } = await eventually('an error', async () => {
    const reply = await sidecar.ask();
    return codeOf(reply) === '503 StsUnreachable' && reply;
  });
  expect(data.Message).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET/);
  expect(egress.tunnels).toContain(`CONNECT ${STS}:443`);
});
