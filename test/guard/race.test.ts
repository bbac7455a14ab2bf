/**
 * An account annotated, or its Namespace, and a pod created at once: what the webhook and the guards, each by its own watch,
 * let slip.
 */
import { join } from 'node:path';
import { ANNOTATIONS, PATHS } from '@rolechain/shared';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { ROLE, account, install, namespace, type Installed } from './installed.ts';
import { outcomeOf, pod, type Result } from './pods.ts';

const TIMES = 200;
const NAMESPACE = 'race';
const ACCOUNT = 'plain';
const WITH_ROLE = { [ANNOTATIONS.assumeRole.key]: ROLE };

type Count = Record<Result['outcome'], number>;
const NONE: Count = { injected: 0, 'refused by the guard': 0, 'refused by the webhook': 0, plain: 0 };

describeWithBinaries('annotated, and a pod created at once', ({ kubectl }) => {
  describeWithCluster(`${TIMES} times`, (cluster) => {
    let installed: Installed;
    const rows: string[] = [];
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
    const make = async (name: string, role?: string): Promise<void> => {
      const { status, body } = await installed.api.post(path, account(NAMESPACE, name, role));
      if (status !== 201) throw new Error(body);
    };
    const patch = async (of: string): Promise<void> => {
      const { status, body } = await installed.api.patch(of, { metadata: { annotations: WITH_ROLE } });
      if (status !== 200) throw new Error(body);
    };
    const annotate = (name: string): Promise<void> => patch(`${path}/${name}`);
    /** A Namespace of its own for each try, with one account that says nothing. */
    const makeNamespace = async (name: string, annotations: object = {}): Promise<void> => {
      const plain = namespace(name);
      const one = await installed.api.post('/api/v1/namespaces', {
        ...plain,
        metadata: { ...plain.metadata, annotations },
      });
      if (one.status !== 201) throw new Error(one.body);
      const two = await installed.api.post(`/api/v1/namespaces/${name}/serviceaccounts`, account(name, ACCOUNT));
      if (two.status !== 201) throw new Error(two.body);
    };
    const withDefault = (name: string): Promise<void> => makeNamespace(name, WITH_ROLE);
    const annotateNamespace = (name: string): Promise<void> => patch(`/api/v1/namespaces/${name}`);
    const inOne = (name: string): KubeObject => pod(NAMESPACE, name);
    const inEach = (name: string): KubeObject => pod(name, ACCOUNT);

    /** Counts what becomes of the pod that is asked for as soon as the apiserver has answered to the last `write`. */
    async function race(
      how: string,
      write: (name: string) => Promise<void>,
      names: readonly string[],
      podOf = inOne,
    ): Promise<Count> {
      const count = { ...NONE };
      for (const name of names) {
        await write(name);
        count[(await outcomeOf(installed.api, podOf(name))).outcome]++;
      }
      const { injected, plain, 'refused by the guard': refused } = count;
      rows.push(`${how}: ${injected} injected, ${refused} refused by the guard, ${plain} slipped`);
      return count;
    }
    const names = (prefix: string): string[] => Array.from({ length: TIMES }, (_, index) => `${prefix}-${index}`);
    /** Accounts without the annotation, of which the webhook's watch has told. */
    const made = async (prefix: string, write: (name: string) => Promise<void> = make): Promise<string[]> => {
      const before = await knownToWebhook();
      for (const name of names(prefix)) await write(name);
      await until('the webhook knows them', PATIENCE_MS, async () => (await knownToWebhook()) === before + TIMES);
      return names(prefix);
    };
    const metric = async (name: string): Promise<number> => {
      const metrics = await (await fetch(`${installed.webhook().healthURL}${PATHS.metrics}`)).text();
      return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)?.[1]);
    };
    const knownToWebhook = (): Promise<number> => metric('rolechain_service_accounts');
    const slipped = (): Promise<number> => metric('rolechain_uninjected_pods_total');

    beforeAll(async () => {
      const manifests = kustomize(kubectl, join(ROOT, 'manifests/overlays/default-role'));
      installed = await install(cluster(), { manifests, settings: { namespaceDefaultRole: true } });
      await applyAll(cluster().kubeConfig, [namespace(NAMESPACE)]);
    });
    afterAll(async () => {
      process.stdout.write(`\nAnnotated and pod created at once, ${TIMES} times each\n  ${rows.join('\n  ')}\n`);
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

    test('what the webhook lets slip is counted, each pod once', async () => {
      const known = await made('counted');
      const before = await slipped();
      // The webhook cannot tell this one from those of the race: their annotation, too, comes to it after the pod.
      const [first = '', ...others] = known;
      const make = (name: string) => outcomeOf(installed.api, inOne(name), 'made');
      expect((await make(first)).outcome).toBe('plain');
      await annotate(first);
      const count = { ...NONE };
      for (const name of others) {
        await annotate(name);
        count[(await make(name)).outcome]++;
      }
      const { injected, plain, 'refused by the guard': refused } = count;
      rows.push(`counted by the webhook: ${injected} injected, ${refused} refused by the guard, ${plain} slipped`);
      await untilNoneSlips(known, 'injected');
      // It does not learn of what the guard refuses.
      expect((await slipped()) - before).toBe(1 + plain + refused);
      await installed.api.patch(`${path}/${first}`, { metadata: { annotations: { other: 'x' } } });
      await make(known.at(-1) ?? '');
      await untilNoneSlips([...known.slice(1), first], 'injected');
      expect((await slipped()) - before).toBe(1 + plain + refused);
    });

    test('a new Namespace with a default: the webhook looks it up, none slips', async () => {
      const count = await race('webhook there, new Namespace', withDefault, names('given'), inEach);
      expect(count).toEqual({ ...NONE, injected: TIMES });
    });

    test('a Namespace that the webhook knew without a default', async () => {
      const known = await made('given-late', makeNamespace);
      const count = await race('webhook there, known Namespace', annotateNamespace, known, inEach);
      expect(count['refused by the webhook']).toBe(0);
      await untilNoneSlips(known, 'injected', inEach);
    });

    test('with the webhook out', async () => {
      const known = await made('alone');
      const given = await made('given-alone', makeNamespace);
      await installed.stopWebhook();
      const count = await race('webhook out, new account', (name) => make(name, ROLE), names('late'));
      expect(count).toMatchObject({ injected: 0, 'refused by the webhook': 0 });
      const again = await race('webhook out, known account', annotate, known);
      expect(again).toMatchObject({ injected: 0, 'refused by the webhook': 0 });
      await untilNoneSlips([...names('late'), ...known], 'refused by the guard');
      const ofNew = await race('webhook out, new Namespace', withDefault, names('given-new'), inEach);
      expect(ofNew).toMatchObject({ injected: 0, 'refused by the webhook': 0 });
      const ofKnown = await race('webhook out, known Namespace', annotateNamespace, given, inEach);
      expect(ofKnown).toMatchObject({ injected: 0, 'refused by the webhook': 0 });
      await untilNoneSlips([...names('given-new'), ...given], 'refused by the guard', inEach);
    });

    /** The last of them is the last that the watches learn of. */
    async function untilNoneSlips(of: readonly string[], outcome: Result['outcome'], podOf = inOne): Promise<void> {
      const last = of.at(-1) ?? '';
      const ask = async (name: string) => (await outcomeOf(installed.api, podOf(name))).outcome;
      await until('the watches have caught up', PATIENCE_MS, async () => (await ask(last)) === outcome);
      for (const name of of.slice(0, 20)) expect([name, await ask(name)]).toEqual([name, outcome]);
    }
  });
});
