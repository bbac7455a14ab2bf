/** What goes wrong once a pod runs, made to happen, and what is printed then. */
import { trustRole } from '@rolechain/doubles/fixtures.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { OLD_BOTOCORE } from '../../clients/python.ts';
import { hop } from '../../sidecar/bench.ts';
import type { RunningSidecar } from '../../sidecar/harness.ts';
import { sdks } from '../../sdks/programs.ts';
import type { Seen } from '../measure.ts';
import type { PodOfWay, World } from './pod-world.ts';
import { targetOf } from './pod-world.ts';
import { askedBy, variablesOf } from './sdk-programs.ts';

export type Run = (world: World, way: string) => Promise<Seen>;

const OTHER_ROLE = 'arn:aws:iam::111111111111:role/other';

const served = async ({ sidecar }: PodOfWay): Promise<void> => {
  await eventually('credentials', async () => (await sidecar.ask()).status === 200);
};

/** Of its log, the lines with this code and level. */
const lines = (sidecar: RunningSidecar, level: string, code: string): string =>
  sidecar
    .output()
    .out.split('\n')
    .filter((line) => line.includes(`"level":"${level}"`) && line.includes(`"code":"${code}"`))
    .join('\n');

/** The log, once it has such a line. */
const logged = (sidecar: RunningSidecar, level: string, code: string): Promise<string> =>
  eventually(`${level} ${code}`, () => lines(sidecar, level, code) || undefined);

/** After the end of the session, which an error behind a valid one is not. */
const afterTheEnd =
  (code: string, fail: (world: World, way: string) => void): Run =>
  async (world, way) => {
    const pod = await world.start(way, { isShort: true });
    await served(pod);
    fail(world, way);
    const log = await logged(pod.sidecar, 'error', code);
    const variables = variablesOf(pod);
    // Where the machine is short of processors, a call may time out in between.
    const asked = (name: string): Promise<string> =>
      eventually(`${name} prints ${code}`, async () => {
        const printed = await askedBy(sdk(name), variables);
        return printed.includes(code) && printed;
      });
    const [javaScript, python, go] = await Promise.all([
      askedBy(sdk('JavaScript v3'), variables),
      asked('botocore'),
      asked('Go v2'),
    ]);
    return {
      'AWS SDK for JavaScript v3': javaScript,
      botocore: python,
      'AWS SDK for Go v2': go,
      'kubectl logs --container rolechain': log,
    };
  };

const sdk = (name: string) => {
  const found = sdks().find((one) => one.name === name);
  if (found === undefined) throw new Error(`test/sdks has no ${name}`);
  return found;
};
const botocore = (variables: Record<string, string>): Promise<string> => askedBy(sdk('botocore'), variables);

export const RUNS = {
  'trust-revoked': afterTheEnd('StsAccessDenied', ({ shortSts }, way) =>
    shortSts.setTrust(targetOf(way), trustRole(OTHER_ROLE)),
  ),
  'sts-outage': afterTheEnd('StsUnavailable', ({ failSts }, way) =>
    failSts(way, { status: 503, code: 'ServiceUnavailable', message: 'Service Unavailable' }),
  ),
  'sdk-too-old': async (world, way) => {
    const pod = await world.start(way);
    await served(pod);
    const printed = await askedBy(sdk(OLD_BOTOCORE.name), variablesOf(pod));
    return {
      'botocore of 2022': printed,
      'kubectl logs --container rolechain': lines(pod.sidecar, 'info', 'TokenMissing'),
    };
  },
  'token-of-another-role': async (world, way) => {
    const pod = await world.start(way, { others: { audit: { hops: [hop(targetOf('hub'))] } } });
    await served(pod);
    const printed = await botocore(variablesOf(pod, 'default', 'audit'));
    return { botocore: printed, 'kubectl logs --container rolechain': lines(pod.sidecar, 'info', 'RoleForbidden') };
  },
  'sidecar-restarted': async (world, way) => {
    const pod = await world.start(way);
    await served(pod);
    const token = pod.files.readToken();
    pod.sidecar.signal('SIGKILL');
    await pod.sidecar.ended;
    const sidecar = await pod.restart();
    await eventually('credentials', async () => (await sidecar.ask()).status === 200);
    await sidecar.ask({ headers: { authorization: token } });
    return { 'kubectl logs --container rolechain': lines(sidecar, 'info', 'TokenReplaced') };
  },
} satisfies Readonly<Record<string, Run>>;
