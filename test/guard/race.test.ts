/** An account annotated and a pod created at once: what the webhook and the guard, each by its own watch, let slip. */
import { ANNOTATIONS, PATHS } from '@rolechain/shared';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { ROLE, account, install, namespace, type Installed } from './installed.ts';
import { outcomeOf, pod, type Result } from './pods.ts';

const TIMES = 200;
const NAMESPACE = 'race';

type Count = Record<Result['outcome'], number>;
const NONE: Count = { injected: 0, 'refused by the guard': 0, 'refused by the webhook': 0, plain: 0 };

describeWithCluster(`account annotated and pod created at once, ${TIMES} times`, (cluster) => {
  let installed: Installed;
  const rows: string[] = [];
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
  const make = async (name: string, role?: string): Promise<void> => {
    const { status, body } = await installed.api.post(path, account(NAMESPACE, name, role));
    if (status !== 201) throw new Error(body);
  };
  const annotate = async (name: string): Promise<void> => {
    const metadata = { annotations: { [ANNOTATIONS.assumeRole.key]: ROLE } };
    const { status, body } = await installed.api.patch(`${path}/${name}`, { metadata });
    if (status !== 200) throw new Error(body);
  };

  /** Counts what becomes of the pod that is asked for as soon as the apiserver has answered to the last `write`. */
  async function race(how: string, write: (name: string) => Promise<void>, names: readonly string[]): Promise<Count> {
    const count = { ...NONE };
    for (const name of names) {
      await write(name);
      count[(await outcomeOf(installed.api, pod(NAMESPACE, name))).outcome]++;
    }
    const { injected, plain, 'refused by the guard': refused } = count;
    rows.push(`${how}: ${injected} injected, ${refused} refused by the guard, ${plain} slipped`);
    return count;
  }
  const names = (prefix: string): string[] => Array.from({ length: TIMES }, (_, index) => `${prefix}-${index}`);
  /** Accounts without the annotation, of which the webhook's watch has told. */
  const made = async (prefix: string): Promise<string[]> => {
    const before = await knownToWebhook();
    for (const name of names(prefix)) await make(name);
    await until('the webhook knows them', PATIENCE_MS, async () => (await knownToWebhook()) === before + TIMES);
    return names(prefix);
  };
  const knownToWebhook = async (): Promise<number> => {
    const metrics = await (await fetch(`${installed.webhook().healthURL}${PATHS.metrics}`)).text();
    return Number(/^rolechain_service_accounts (\d+)$/m.exec(metrics)?.[1]);
  };

  beforeAll(async () => {
    installed = await install(cluster());
    await applyAll(cluster().kubeConfig, [namespace(NAMESPACE)]);
  });
  afterAll(async () => {
    process.stdout.write(`\nAccount annotated and pod created at once, ${TIMES} times each\n  ${rows.join('\n  ')}\n`);
    await installed.stop();
  });

  test('a new account: the webhook looks it up, none slips', async () => {
    const count = await race('webhook there, new account', (name) => make(name, ROLE), names('new'));
    expect(count).toEqual({ ...NONE, injected: TIMES });
  });

  test('an account that the webhook knew without the annotation', async () => {
    const count = await race('webhook there, known account', annotate, await made('known'));
    expect(count['refused by the webhook']).toBe(0);
    await untilNoneSlips(names('known'), 'injected');
  });

  test('with the webhook out', async () => {
    const known = await made('alone');
    await installed.stopWebhook();
    const count = await race('webhook out, new account', (name) => make(name, ROLE), names('late'));
    expect(count).toMatchObject({ injected: 0, 'refused by the webhook': 0 });
    const again = await race('webhook out, known account', annotate, known);
    expect(again).toMatchObject({ injected: 0, 'refused by the webhook': 0 });
    await untilNoneSlips([...names('late'), ...known], 'refused by the guard');
  });

  /** The last of them is the last that the watches learn of. */
  async function untilNoneSlips(of: readonly string[], outcome: Result['outcome']): Promise<void> {
    const last = of.at(-1) ?? '';
    const ask = async (name: string) => (await outcomeOf(installed.api, pod(NAMESPACE, name))).outcome;
    await until('the watches have caught up', PATIENCE_MS, async () => (await ask(last)) === outcome);
    for (const name of of.slice(0, 20)) expect([name, await ask(name)]).toEqual([name, outcome]);
  }
});
