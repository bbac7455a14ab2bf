/**
 * The hard pods on a real apiserver, by server-side dry run: manifests as they are, guard included, and the webhook
 * from its bundle under each of the settings. In `strict` a policy stands for a platform that chooses users.
 */
import type { PodObject } from '@rolechain/kit/pod.ts';
import { ANNOTATIONS } from '@rolechain/shared';
import { describeWithCluster } from '../cluster/jest.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { makeDryRuns, type Answer, type DryRuns } from '../corpora/dry-run.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { ACCOUNTS, LIMIT_RANGE, NAMESPACES } from './accounts.ts';
import { leftAlone, markOf, podOf, skippedFor, written, type HardPod } from './row.ts';
import { ROWS } from './rows.ts';
import { OUTSIDE_THE_RANGE } from './users.ts';
import { VARIANTS, type Variant } from './variants.ts';

const SENT = ROWS.filter(([, { apiserver }]) => apiserver !== 'unsent');
const names = <T extends string>(table: Readonly<Record<T, unknown>>): T[] => Object.keys(table) as T[];

const OBJECTS: KubeObject[] = names(NAMESPACES).flatMap((namespace) => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, ...NAMESPACES[namespace] } },
  ...names(ACCOUNTS).map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { namespace, name, annotations: ACCOUNTS[name] },
  })),
]);

OBJECTS.push({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { namespace: 'tight', name: LIMIT_RANGE.name },
  spec: LIMIT_RANGE.spec,
});

/** As OpenShift's SCC of the restricted kind judges a user, but for giving one: no container may name another. */
const RANGE: KubeObject[] = [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'user-range' },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
      variables: [
        {
          name: 'users',
          expression:
            '(object.spec.containers + object.spec.?initContainers.orValue([])).map(c, c.?securityContext.?runAsUser.orValue(1000680000))',
        },
      ],
      validations: [
        {
          expression: 'variables.users.all(user, user >= 1000680000 && user < 1000690000)',
          messageExpression:
            "'user ' + string(variables.users[variables.users.size() - 1]) + ' is outside of the range'",
        },
      ],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'user-range' },
    spec: {
      policyName: 'user-range',
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'strict' } } },
    },
  },
];

describeWithCluster('hard pods on a real apiserver', (cluster) => {
  let port: number;
  let kubeconfig: string;
  let dryRuns: DryRuns;
  beforeAll(async () => {
    port = await freePort();
    const { kubeConfig } = cluster();
    // The accounts first: while nobody answers at /validate, the invalid one can be written.
    await applyAll(kubeConfig, OBJECTS);
    await applyAll(kubeConfig, RANGE);
    await applyAll(kubeConfig, await installManifests());
    await leadServiceTo(kubeConfig, port);
    dryRuns = makeDryRuns(cluster());
    // The apiserver reads policies at an interval of its own.
    await until('the range of users is enforced', PATIENCE_MS, async () => {
      const answer = await create(OUTSIDE_THE_RANGE);
      return !answer.accepted && answer.message.includes('outside of the range');
    });
    kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
  });
  afterAll(() => dryRuns.close());

  const create = (row: HardPod): Promise<Answer> => {
    const { namespace = 'shop' } = row;
    const pod = written(row);
    return dryRuns.create({ ...pod, metadata: { ...pod.metadata, namespace } });
  };

  describe.each(names(VARIANTS))('settings: %s', (variant: Variant) => {
    let webhook: WebhookProcess;
    beforeAll(async () => {
      webhook = await startWebhook({ port, kubeconfig, settings: VARIANTS[variant] });
      const probe: HardPod = { name: '', pod: podOf(), outcome: 'injected', reason: 'Injected', so: '' };
      // The apiserver learns of the CA by a watch, and may hold a connection to the process before this one.
      await until('the apiserver calls the webhook', PATIENCE_MS, async () => {
        const answer = await create(probe);
        return answer.accepted && ANNOTATIONS.status.key in (answer.pod.metadata?.annotations ?? {});
      });
    });
    afterAll(() => webhook.stop());

    const rows = SENT.filter(([, row]) => (row.variant ?? 'refuse') === variant);
    test.each(rows)('%s', async (_name, row) => {
      const { outcome, reason, says, shows, apiserver } = row;
      const answer = await create(row);
      if (apiserver instanceof RegExp) {
        expect(answer).toMatchObject({ accepted: false, message: expect.stringMatching(apiserver) });
        return;
      }
      if (outcome === 'refused' && !answer.accepted) {
        expect(answer.message).toContain(`[${reason}]`);
        expect(answer.message).toMatch(says ?? /./);
        return;
      }
      if (!answer.accepted) throw new Error(answer.message);
      // As a quoted string of the header (RFC 9110, quoted-pair).
      if (says) expect(answer.warnings.join('\n').replaceAll(/\\(.)/g, '$1')).toMatch(says);
      const pod = answer.pod as unknown as PodObject;
      if (outcome === 'injected') expect(leftAlone(pod)).toEqual(row.leftAlone ?? {});
      expect(outcome).not.toBe('refused');
      expect(skippedFor(pod)).toBe(markOf(row));
      if (shows) expect(shows[0](pod)).toEqual(shows[1]);
    });

    // What is said of hard pods holds of nothing if the pods themselves are none.
    if (variant === 'refuse') {
      const legal = SENT.filter(([, { apiserver, pod }]) => !apiserver && !pod.spec.ephemeralContainers);
      test.each(legal)(
        '%s: it is a pod that the apiserver takes from an account that asks for no role',
        async (_name, row) => {
          expect(await create({ ...row, account: row.account === 'default' ? 'default' : 'plain' })).toMatchObject({
            accepted: true,
          });
        },
      );
    }
  });
});
