/** docs/quick-start.md is done as it is written: each block of commands, in the order of the page. */
import { CoreV1Api } from '@kubernetes/client-node';
import { ENV, SIDECAR, parseSidecarConfig } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { heard } from '@rolechain/kit/record.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { startMoto, type Moto } from '../clients/moto.ts';
import { AWS_CLI, MOTO, locatePython } from '../clients/python.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { blocksIn } from '../fixture/page.ts';
import { openApi, type Api } from '../guard/api.ts';
import { outcomeOf, pod } from '../guard/pods.ts';
import { openShell, type Shell } from '../operations/shell.ts';
import { actAsControllers } from '../packages/controllers.ts';
import { makePrograms, type Programs } from './programs.ts';

const PAGE = blocksIn('docs/quick-start.md');
const blocks = (heading: string): string[] =>
  PAGE.filter((block) => block.heading === heading && block.language === 'sh').map(({ text }) => text);
const MENDING = blocks('If it does not work');
const PARTS = {
  'On kind': {
    settings: { environmentSource: { namespaces: ['shop'] } },
    source: 'environment',
    calls: [
      'kind create cluster --name rolechain',
      'docker build -f Dockerfile.webhook -t registry.example/rolechain/webhook:0.1.0 .',
      'docker build -f Dockerfile.sidecar -t registry.example/rolechain/sidecar:0.1.0 .',
      'kind load docker-image --name rolechain registry.example/rolechain/webhook:0.1.0 registry.example/rolechain/sidecar:0.1.0',
      'kind delete cluster --name rolechain',
    ],
  },
  'On EKS': {
    settings: {},
    source: 'pod-identity',
    calls: [
      'docker login --username AWS --password-stdin 111111111111.dkr.ecr.eu-central-1.amazonaws.com',
      ...['webhook', 'sidecar'].flatMap((name) => [
        `docker build -f Dockerfile.${name} -t 111111111111.dkr.ecr.eu-central-1.amazonaws.com/rolechain/${name}:0.1.0 .`,
        `docker push 111111111111.dkr.ecr.eu-central-1.amazonaws.com/rolechain/${name}:0.1.0`,
      ]),
      'aws eks create-addon --profile base --region eu-central-1 --cluster-name prod --addon-name eks-pod-identity-agent',
      'aws eks create-pod-identity-association --profile base --region eu-central-1 --cluster-name prod --namespace shop --service-account orders --role-arn arn:aws:iam::111111111111:role/rolechain-base',
    ],
  },
} as const;

test('each of its blocks is run here, or what one prints', () => {
  const held = Object.keys(PARTS).flatMap((heading) => blocks(heading));
  const others = PAGE.filter(({ text }) => ![...held, ...MENDING].includes(text));
  expect(others.map(({ language, heading }) => [language, heading])).toEqual([['json', 'On kind']]);
  expect(held.length).toBeGreaterThan(10);
  expect(MENDING).toHaveLength(1);
});

describeWhen(
  'as it is written',
  locatePython(MOTO),
  (moto) => {
    describeWhen(
      'with the AWS CLI',
      locatePython(AWS_CLI),
      (awsCLI) => {
        describeWithBinaries('and kubectl', ({ kubectl }) => {
          let aws: Moto;
          beforeAll(async () => {
            aws = await startMoto(moto);
          });
          afterAll(() => aws.stop());

          describe.each(Object.entries(PARTS))('%s', (heading, { settings, source, calls }) => {
            describeWithCluster('on a real apiserver', (cluster) => {
              let programs: Programs;
              let shell: Shell;
              let api: Api;
              let webhook: WebhookProcess | undefined;
              beforeAll(async () => {
                programs = await makePrograms({ kubectl: kubectl ?? '', awsCLI, url: aws.url });
                shell = openShell(programs.paths, cluster().kubeconfigPath);
                api = await openApi(cluster().kubeConfig);
              });
              afterAll(async () => {
                await webhook?.stop();
                api.close();
                shell.close();
                programs.remove();
              });

              /** What the nodes of a cluster would do once the Deployment is there. */
              const runWebhook = async (): Promise<void> => {
                const port = await freePort();
                await leadServiceTo(cluster().kubeConfig, port);
                const account = { namespace: 'rolechain', serviceAccount: 'rolechain-webhook' };
                const kubeconfig = await cluster().kubeconfigFor(account);
                webhook = await startWebhook({ port, kubeconfig, settings });
              };
              const untilInjected = (): Promise<void> =>
                until('a pod is injected', PATIENCE_MS, async () => {
                  return (await outcomeOf(api, pod('shop', 'orders'))).outcome === 'injected';
                });

              test('each block leads to the next, and the pod has the role', async () => {
                const stop = actAsControllers(api);
                // Later blocks have the variables of earlier ones.
                let variables = '';
                let said = '';
                try {
                  for (const block of [...blocks(heading), ...MENDING]) {
                    if (block.startsWith('kubectl run')) await untilInjected();
                    said += await shell.type(`${variables}${block}`, programs.env);
                    variables += (block.match(/^[A-Z]+=[^$\n]*$/gm) ?? []).map((line) => `${line}\n`).join('');
                    if (block.includes('rollout status')) await runWebhook();
                  }
                } finally {
                  await stop();
                }
                heard('output of a program in a pod', said);
                expect(said).toContain('arn:aws:iam::222222222222:role/orders');
                expect(programs.calls().toSorted()).toEqual([...calls].toSorted());

                const { spec } = await cluster()
                  .kubeConfig.makeApiClient(CoreV1Api)
                  .readNamespacedPod({ name: 'whoami', namespace: 'shop' });
                const sidecar = spec?.initContainers?.find(({ name }) => name === SIDECAR.name);
                const text = sidecar?.env?.find(({ name }) => name === ENV.config)?.value ?? '';
                expect(parseSidecarConfig(text)).toMatchObject({
                  value: { roles: { default: { source: { type: source } } } },
                });
              });

              if (heading === 'On kind') {
                test('the Secret has the keys that the source reads, and the pod’s name is in what the page shows', async () => {
                  const core = cluster().kubeConfig.makeApiClient(CoreV1Api);
                  const { data } = await core.readNamespacedSecret({
                    name: 'rolechain-environment',
                    namespace: 'shop',
                  });
                  expect(Object.keys(data ?? {})).toEqual(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']);
                  const shown = JSON.parse(PAGE.find(({ language }) => language === 'json')?.text ?? '') as object;
                  expect(shown).toMatchObject({
                    Account: '222222222222',
                    Arn: 'arn:aws:sts::222222222222:assumed-role/orders/shop.whoami',
                  });
                });
              } else {
                test('each account has its role, and the target trusts the base for this ServiceAccount', async () => {
                  const role = async (profile: 'base' | 'target', name: string): Promise<unknown> => {
                    const query = 'Role.AssumeRolePolicyDocument.Statement[].[Principal,Condition.StringEquals]';
                    const args = ['iam', 'get-role', '--role-name', name, '--query', query, '--output', 'json'];
                    return JSON.parse(await programs.aws(profile, ...args));
                  };
                  const [[base]] = (await role('base', 'rolechain-base')) as [[unknown, unknown]];
                  expect(base).toEqual({ Service: 'pods.eks.amazonaws.com' });
                  const [[principal, tags]] = (await role('target', 'orders')) as [[unknown, unknown]];
                  expect(principal).toEqual({ AWS: 'arn:aws:iam::111111111111:role/rolechain-base' });
                  expect(tags).toMatchObject({
                    'aws:PrincipalTag/kubernetes-namespace': 'shop',
                    'aws:PrincipalTag/kubernetes-service-account': 'orders',
                  });
                });
              }
            });
          });
        });
      },
      '',
    );
  },
  '',
);
