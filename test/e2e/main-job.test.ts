/**
 * The whole way on real parts: annotation → real kube-apiserver → webhook from its bundle → mutated pod →
 * sidecar from its bundle → real SDKs with nothing but the container's environment and files. Doubles stand
 * for AWS alone.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from '../cluster/binaries.ts';
import { describeWithBinaries } from '../cluster/jest.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { locatePython } from '../clients/python.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import { projections, startPod, untilStarted, type RunningPod } from '../fixture/pod.ts';
import { createPod, refusalOf, makeFixture, untilCalled, type Fixture } from '../fixture/fixture.ts';

const TARGET = 'arn:aws:iam::222222222222:role/orders';
const IRSA_ROLE = 'arn:aws:iam::111111111111:role/irsa';
/** So short that a refresh comes within seconds. */
const SESSION_SECONDS = 12;

const account = (name: string, annotation: string, others: Record<string, string> = {}): string => `
apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
  namespace: shop
  annotations: ${JSON.stringify({ 'rolechain.io/assume-role': annotation, ...others })}
---`;

const OBJECTS = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
${account('orders', TARGET)}
${account('chained', `{roleARN: ${TARGET}, externalID: "x-42", sessionName: "{serviceAccount}@{namespace}", duration: 45m}`)}
${account('irsa', TARGET, { 'eks.amazonaws.com/role-arn': IRSA_ROLE })}
${account('wrong', `{roleARN: ${TARGET}, duration: 9h, external: x}`)}
${account('plain', TARGET).replace('rolechain.io/assume-role', 'example.com/other')}
`;

/** A pod that Pod Security "restricted" accepts, as a user would write it. */
function pod(serviceAccountName: string, spec: Record<string, unknown> = {}): KubeObject {
  const container = {
    name: 'app',
    image: 'registry.example/app:1',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  const securityContext = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: `${serviceAccountName}-`, namespace: 'shop' },
    spec: { serviceAccountName, securityContext, containers: [container], ...spec },
  };
}

async function refusal(fixture: Fixture, object: KubeObject): Promise<string> {
  try {
    await createPod(fixture.cluster, object, true);
    return 'accepted';
  } catch (error) {
    return refusalOf(error) ?? String(error);
  }
}

function tests(binaries: Binaries): void {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await makeFixture({
      binaries,
      objects: parseManifests(OBJECTS),
      aws: { sessionSeconds: SESSION_SECONDS },
    });
    await untilCalled(fixture.cluster, pod('orders'));
  });
  afterAll(() => fixture.stop());

  /** Creates the pod, starts its sidecar, hands both to `use`, and ends text. */
  async function withPod<T>(object: KubeObject, use: (running: RunningPod) => Promise<T>): Promise<T> {
    const created = await createPod(fixture.cluster, object);
    const running = await startPod(created, projections(fixture.cluster.kubeConfig, created));
    try {
      await untilStarted(running);
      return await use(running);
    } finally {
      await running.stop();
    }
  }

  /** Runs an SDK's program in the pod's container until it has seen a refresh. */
  async function whoAmI(
    running: RunningPod,
    command: readonly [string, ...string[]],
  ): Promise<{ arns: string[]; keys: number }> {
    const program = await running.run('app', [...command, fixture.aws.sts.url] as [string, ...string[]]);
    const { code } = await program.exited;
    if (code !== 0) throw new Error(`${program.stderr()}\n${running.sidecar.stdout()}`);
    const lines = program
      .stdout()
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    return { arns: [...new Set(lines.map(([arn = '']) => arn))], keys: new Set(lines.map(([, key]) => key)).size };
  }
  const javascript: [string, ...string[]] = [process.execPath, join(ROOT, 'test/clients/caller-identity.mjs')];

  test('AWS SDK for JavaScript v3 is the target role, before and after a refresh', async () => {
    const seen = await withPod(pod('orders'), async (running) => {
      const name = running.pod.metadata.name ?? '';
      return { ...(await whoAmI(running, javascript)), name };
    });
    expect(seen.arns).toEqual([`arn:aws:sts::222222222222:assumed-role/orders/shop.${seen.name}`]);
    expect(seen.keys).toBe(2);
  });

  describeWhen(
    'botocore',
    locatePython(),
    (python) => {
      test('is the target role, before and after a refresh', async () => {
        const seen = await withPod(pod('orders'), (running) =>
          whoAmI(running, [python, join(ROOT, 'test/clients/caller_identity.py')]),
        );
        expect(seen.arns).toHaveLength(1);
        expect(seen.arns[0]).toMatch(/^arn:aws:sts::222222222222:assumed-role\/orders\/shop\.orders-/);
        expect(seen.keys).toBe(2);
      });
    },
    '',
  );

  test('what the document says reaches STS: ExternalId, session name, duration', async () => {
    const seen = await withPod(pod('chained'), (running) => whoAmI(running, javascript));
    expect(seen.arns).toEqual(['arn:aws:sts::222222222222:assumed-role/orders/chained@shop']);
    const call = fixture.aws.sts.requests.findLast(({ action }) => action === 'AssumeRole');
    expect(call).toMatchObject({
      signature: 'valid',
      answer: 'ok',
      parameters: { ExternalId: 'x-42', RoleSessionName: 'chained@shop', DurationSeconds: '2700', RoleArn: TARGET },
    });
  });

  test('IRSA is the base where the account has a role-arn and no sign of an association', async () => {
    const before = fixture.aws.agent.requests.length;
    const seen = await withPod(pod('irsa'), (running) => whoAmI(running, javascript));
    expect(seen.arns[0]).toMatch(/assumed-role\/orders\/shop\.irsa-/);
    expect(fixture.aws.agent.requests).toHaveLength(before);
    const web = fixture.aws.sts.requests.findLast(({ action }) => action === 'AssumeRoleWithWebIdentity');
    expect(web).toMatchObject({ answer: 'ok', parameters: { RoleArn: IRSA_ROLE } });
  });

  test('an invalid annotation refuses the pod: account, every field, limit and fix', async () => {
    const message = await refusal(fixture, pod('wrong'));
    expect(message).toContain('ServiceAccount shop/wrong');
    expect(message).toContain('duration is 32400 s, but takes at most 3600 s');
    expect(message).toContain('external is not a field of this version; did you mean externalID?');
    expect(message).toContain('[AnnotationInvalid]');
  });

  test('a conflict refuses the pod, and its fix works', async () => {
    const env = [{ name: 'AWS_ACCESS_KEY_ID', value: 'x' }];
    const containers = (pod('orders').spec as { containers: object[] }).containers.map((c) => ({ ...c, env }));
    const object = pod('orders', { containers });
    expect(await refusal(fixture, object)).toMatch(/app: AWS_ACCESS_KEY_ID.*\[StaticKeys\]/);
    const annotations = { 'rolechain.io/skip-containers': 'app' };
    expect(await refusal(fixture, { ...object, metadata: { ...object.metadata, annotations } })).toBe('accepted');
  });

  test('a pod of an account that asks for nothing is as the apiserver made it', async () => {
    const { spec, metadata } = await createPod(fixture.cluster, pod('plain'), true);
    expect(spec.initContainers).toBeUndefined();
    expect(spec.volumes?.map(({ name }) => name)).toEqual([expect.stringMatching(/^kube-api-access-/)]);
    expect(metadata.annotations).toBeUndefined();
  });

  test('the sidecar gets no token of the Kubernetes API', async () => {
    const created = await createPod(fixture.cluster, pod('orders'), true);
    const mounts = created.spec.initContainers?.[0]?.volumeMounts?.map(({ name }) => name);
    expect(mounts).toEqual(['rolechain', 'rolechain-base-identity']);
  });

  test('an account annotated later is seen by its next pods', async () => {
    await applyAll(fixture.cluster.kubeConfig, parseManifests(account('late', `{roleARN: ${TARGET}}`)));
    const { metadata } = await createPod(fixture.cluster, pod('late'), true);
    expect(metadata.annotations?.['rolechain.io/status']).toContain(TARGET);
  });

  test('nothing that was logged, served or written into a pod is a secret', async () => {
    const { logs, text, roleToken } = await withPod(pod('chained'), async (running) => {
      const health = (path: string): Promise<string> =>
        fetch(`http://127.0.0.1:28174${path}`).then((answer) => answer.text());
      const served = (await health('/status')) + (await health('/metrics'));
      // What an SDK with a wrong token and one that asks for another role are told.
      const told = await Promise.all(
        ['default', 'other'].map(async (role) => {
          const headers = { authorization: 'wrong' };
          return (await fetch(`http://127.0.0.1:28173/v1/credentials/${role}`, { headers })).text();
        }),
      );
      const roleToken = await readFile(join(running.volumes.paths.get('rolechain') ?? '', 'default', 'token'), 'utf8');
      const logs = running.sidecar.stdout() + running.sidecar.stderr() + served + fixture.webhook.log();
      return { logs, text: logs + told.join('') + JSON.stringify(running.pod), roleToken };
    });
    const secrets = [...fixture.aws.sts.secrets(), ...fixture.aws.agent.requests.map(({ token }) => token), roleToken];
    expect(secrets.length).toBeGreaterThan(5);
    // The text is what it is taken for: a log that is empty holds no secret either.
    expect([text.includes('injected pod'), text.includes('credentials fetched')]).toEqual([true, true]);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    // The ExternalId is not a secret, but stands in the pod's configuration alone.
    expect(logs.includes('x-42')).toBe(false);
  });
}

describeWithBinaries('the main job', tests);
