import { describeWithCluster } from '../cluster/jest.ts';
import { testFloods } from './rows.ts';
import { prepareCluster, startWebhookTarget, webhookLimitMiB } from './webhook.ts';

describeWithCluster('beside a real apiserver', (cluster) => {
  let kubeconfig: string;
  beforeAll(async () => {
    kubeconfig = await prepareCluster(cluster());
  });

  testFloods('floods of the webhook', {
    limitMiB: webhookLimitMiB,
    ports: ['webhook TLS', 'webhook health'],
    start: (port, group) => startWebhookTarget({ cluster: cluster(), kubeconfig }, port, group),
  });
});
