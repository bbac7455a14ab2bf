import { describeWithCluster } from '../cluster/jest.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { NO_GROUPS, useFloods } from './rows.ts';
import { prepareCluster, startWebhookTarget, webhookLimitMiB } from './webhook.ts';

const floods = useFloods('floods of the webhook', ['webhook TLS', 'webhook health']);

describeWithCluster('beside a real apiserver', (cluster) => {
  let kubeconfig: string;
  let limitMiB: number;
  beforeAll(async () => {
    kubeconfig = await prepareCluster(cluster());
    limitMiB = await webhookLimitMiB();
  });

  describeWhen(
    'under its memory limit',
    floods.found,
    (groups) => {
      test.each(floods.cases)(
        '%s: %s: it lives, and an honest client is answered',
        (port, _name, kind) =>
          floods.play([port, kind], groups, {
            limitMiB,
            start: (at, group) => startWebhookTarget({ cluster: cluster(), kubeconfig }, at, group),
          }),
        floods.timeoutMs,
      );
    },
    NO_GROUPS,
  );
});
