/** What the sidecar cannot see: a container that goes another way than to it. Each on a real apiserver with the webhook behind it. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { BOTOCORE, locatePython } from '../../clients/python.ts';
import type { Seen } from '../measure.ts';
import type { Happenings } from '../run.ts';
import { NAMESPACE, podOf, type ClusterStage } from './cluster-stage.ts';

const app = { name: 'app', image: 'app:1' };
const envFrom = [{ secretRef: { name: 'settings' } }];

/** A pod that is there, as kubectl describes it and the command line explains it. */
async function shown({ apply, kubectl, explain }: ClusterStage, pod: KubeObject): Promise<Seen> {
  const said = await apply(pod);
  const described = await kubectl(['describe', 'pod', pod.metadata.name ?? '', '--namespace', NAMESPACE]);
  return { 'kubectl apply': said, 'kubectl describe pod': described, 'rolechain explain pod': await explain(pod) };
}

/** What a program prints that fails at once. */
function printed(command: string, ...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
  const cwd = join(import.meta.dirname, '..', '..');
  return new Promise((resolve) => execFile(command, args, { env, cwd }, (_error, out, err) => resolve(out + err)));
}

const JAVASCRIPT = `import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
await new STSClient({}).send(new GetCallerIdentityCommand({}));`;
const PYTHON = `import botocore.session
botocore.session.get_session().create_client("sqs").list_queues()`;

function python(...args: readonly string[]): Promise<string> {
  const found = locatePython(BOTOCORE);
  if (typeof found !== 'string') throw new Error(found.reason);
  return printed(found, ...args);
}

/** A program that wants a port which another process of its pod has. */
async function bindsTakenPort(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const said = await printed(process.execPath, '-e', `require('node:net').createServer().listen(${port}, '127.0.0.1')`);
  server.close();
  return said.replaceAll(String(port), '28174');
}

export const UNSEEN: Happenings<ClusterStage> = {
  'keys-in-env-from': (stage) => shown(stage, podOf('env-from', { containers: [{ ...app, envFrom }] })),
  'region-missing': async (stage) => ({
    ...(await shown(stage, podOf('no-region', { containers: [{ ...app, envFrom }] }))),
    'AWS SDK for JavaScript v3': await printed(process.execPath, '--input-type=module', '-e', JAVASCRIPT),
    botocore: await python('-c', PYTHON),
  }),
  'container-without-role': async (stage) => ({
    ...(await shown(
      stage,
      podOf(
        'without-role',
        { containers: [app, { ...app, name: 'exporter' }] },
        { 'rolechain.io/container-roles': 'app=default,*=none' },
      ),
    )),
    botocore: await python('-c', PYTHON.replace('"sqs"', '"sqs", "eu-central-1"')),
  }),
  'proxy-on-loopback': (stage) => {
    const env = [{ name: 'HTTP_PROXY', value: 'http://proxy.example:3128' }];
    return shown(stage, podOf('proxied', { containers: [{ ...app, env }] }));
  },
  'health-port-in-use': async (stage) => ({
    ...(await shown(stage, podOf('port-in-use'))),
    'kubectl logs': await bindsTakenPort(),
  }),
};
