/**
 * Further programs against the real webhook and sidecar: AWS SDK for Go v2, a botocore that reads no token file,
 * and moto's STS in the place of our double. What moto doesn't check is said in test/clients/moto.ts; the other
 * end-to-end tests check it on the double.
 */
import { join } from 'node:path';
import { FOREIGN_KEYS } from '@rolechain/shared';
import type { Binaries } from '../cluster/binaries.ts';
import { describeWithBinaries } from '../cluster/jest.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { locateGoClient } from '../clients/go.ts';
import { startMoto, type Moto } from '../clients/moto.ts';
import { MOTO, OLD_BOTOCORE, locatePython } from '../clients/python.ts';
import { ROOT } from '../fixture/install.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { projections, startPod, untilStarted } from '../fixture/pod.ts';
import { createPod, makeFixture, untilCalled, withSettings, type Fixture } from '../fixture/fixture.ts';

const TARGET = 'arn:aws:iam::222222222222:role/orders';
const IRSA_ROLE = 'arn:aws:iam::111111111111:role/irsa';
/** So short that a refresh comes within seconds. */
const SESSION_SECONDS = 12;
/** What `credentialSource: environment` reads; the double of STS knows no such key, moto takes any. */
const SECRETS = { 'rolechain-environment': { AWS_ACCESS_KEY_ID: 'AKIAMOTOTAKESANYKEY0', AWS_SECRET_ACCESS_KEY: 'x' } };

const account = (name: string, annotation: string, others: Readonly<Record<string, string>> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'shop', annotations: { 'rolechain.io/assume-role': annotation, ...others } },
});

const OBJECTS: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  account('pod-identity', TARGET),
  account('irsa', TARGET, { [FOREIGN_KEYS.eksRoleARN]: IRSA_ROLE }),
  account('environment', `{roleARN: "${TARGET}", credentialSource: environment}`),
];

/**
 * A pod of the account. Its second container declares the ports that the pods of other test files use, so that
 * this sidecar moves: the files run at the same time on one loopback, and none waits for another (holdPorts).
 */
function pod(serviceAccountName: string, annotations: Readonly<Record<string, string>> = {}): KubeObject {
  const ports = [28_173, 28_174, 28_175, 28_176].map((containerPort) => ({ containerPort }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${serviceAccountName}-`,
      namespace: 'shop',
      annotations: { 'rolechain.io/skip-containers': 'ports', ...annotations },
    },
    spec: {
      serviceAccountName,
      containers: [
        { name: 'app', image: 'app:1' },
        { name: 'ports', image: 'app:1', ports },
      ],
    },
  };
}

interface Seen {
  readonly code: number | null;
  readonly arns: readonly string[];
  readonly keys: number;
  readonly stderr: string;
  /** Name of the pod, which the session's name holds. */
  readonly name: string;
}

/** Creates the pod, starts its sidecar, and runs the program in its container. */
async function play(fixture: Fixture, object: KubeObject, command: readonly [string, ...string[]]): Promise<Seen> {
  const created = await createPod(fixture.cluster, object);
  const running = await startPod(created, { ...projections(fixture.cluster.kubeConfig, created), secrets: SECRETS });
  try {
    await untilStarted(running);
    const program = await running.run('app', command);
    const { code } = await program.exited;
    const lines = program.stdout().trim().split('\n').filter(Boolean);
    const words = lines.map((line) => line.split(' '));
    return {
      code,
      arns: [...new Set(words.map(([arn = '']) => arn))],
      keys: new Set(words.map(([, key]) => key)).size,
      stderr: program.stderr(),
      name: created.metadata.name ?? '',
    };
  } finally {
    await running.stop();
  }
}

function tests(binaries: Binaries): void {
  let fixture: Fixture;
  const settings = { environmentSource: { namespaces: ['shop'] } };
  beforeAll(async () => {
    fixture = await makeFixture({ binaries, objects: OBJECTS, settings, aws: { sessionSeconds: SESSION_SECONDS } });
    await untilCalled(fixture.cluster, pod('pod-identity'));
  });
  afterAll(() => fixture.stop());

  describeWhen(
    'AWS SDK for Go v2',
    locateGoClient(),
    (program) => {
      test('is the target role, before and after a refresh', async () => {
        const { name, ...seen } = await play(fixture, pod('pod-identity'), [program, fixture.aws.sts.url]);
        expect(seen).toEqual({
          code: 0,
          arns: [`arn:aws:sts::222222222222:assumed-role/orders/shop.${name}`],
          keys: 2,
          stderr: '',
        });
      });
    },
    '',
  );

  describeWhen(
    'a botocore that reads no token file',
    locatePython(OLD_BOTOCORE),
    (python) => {
      const program = join(ROOT, 'test/clients/caller_identity.py');

      test('is the target role where the pod asks for the token in the environment', async () => {
        const object = pod('pod-identity', { 'rolechain.io/authorization-token': 'env' });
        const { name, code, arns, keys } = await play(fixture, object, [python, program, fixture.aws.sts.url]);
        expect({ code, arns, keys }).toEqual({
          code: 0,
          arns: [`arn:aws:sts::222222222222:assumed-role/orders/shop.${name}`],
          keys: 2,
        });
      });

      test('has no credentials otherwise: its request bears no token', async () => {
        const { code, arns, stderr } = await play(fixture, pod('pod-identity'), [python, program, fixture.aws.sts.url]);
        expect({ code, arns }).toEqual({ code: 1, arns: [] });
        expect(stderr).toMatch(/CredentialRetrievalError: .*container-role.*401/s);
      });
    },
    '',
  );

  describeWhen(
    "moto's STS",
    locatePython(MOTO),
    (python) => {
      const program = join(ROOT, 'demo/src/program.mjs');
      let moto: Moto;
      beforeAll(async () => {
        moto = await startMoto(python);
        fixture = await withSettings(fixture, { ...settings, stsEndpoint: moto.url });
        await untilCalled(fixture.cluster, pod('pod-identity'));
      });
      afterAll(() => moto.stop());

      test.each(['pod-identity', 'irsa', 'environment'])(
        'by %s the sidecar becomes the target role, and serves it',
        async (source) => {
          const onDouble = fixture.aws.sts.requests.length;
          const fromAgent = fixture.aws.agent.requests.length;
          const { name, code, arns, stderr } = await play(fixture, pod(source), [process.execPath, program, moto.url]);
          expect({ code, arns, stderr }).toEqual({
            code: 0,
            arns: [`arn:aws:sts::222222222222:assumed-role/orders/shop.${name}`],
            stderr: '',
          });
          // Nothing of it came from our double, but for the agent's part.
          expect(fixture.aws.sts.requests).toHaveLength(onDouble);
          expect(fixture.aws.agent.requests.length > fromAgent).toBe(source === 'pod-identity');
        },
      );
    },
    '',
  );
}

describeWithBinaries('further clients', tests);
