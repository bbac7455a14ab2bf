/** Chains of several hops, what each of them sends, and what roles share. */
import type { HopConfig } from '@rolechain/shared';
import { mayAssume, trustRole } from '@rolechain/doubles/fixtures.ts';
import { answerOf, asRole, AUDIT, BASE, codeOf, hop, ORDERS, REGION, useBench } from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';

const bench = useBench();
const SECRET = { name: 'orders-aws', key: 'external-id' };

/** Account 100000000001 and so on. */
const via = (n: number): string => `arn:aws:iam::${100_000_000_000 + n}:role/hop-${n}`;

/** STS's requests for a role. */
const requestsFor = (roleARN: string) => bench.sts.requests.filter((r) => r.parameters.RoleArn === roleARN);

describe('a chain of five hops before the target', () => {
  test('each hop with its own ExternalId, name, tags, policy and length, signed by the one before', async () => {
    const arns = [1, 2, 3, 4, 5].map(via).concat(ORDERS);
    arns.forEach((arn, i) => {
      const trust = trustRole(arns[i - 1] ?? BASE, {
        externalId: `external-id-${i}`,
        setSourceIdentity: true,
        conditions: { StringEquals: { [`aws:RequestTag/step-${i}`]: `${i}` } },
      });
      bench.sts.setRole({ arn, trust, permissions: mayAssume(arns[i + 1] ?? AUDIT) });
    });
    bench.sts.setRole({ arn: BASE, trust: { Statement: [] }, permissions: mayAssume(arns[0] ?? '') });
    const base = bench.sts.issue({ roleArn: BASE, sessionName: 'base' });
    bench.files.writeSecret('AWS_ACCESS_KEY_ID', base.accessKeyId);
    bench.files.writeSecret('AWS_SECRET_ACCESS_KEY', base.secretAccessKey);
    bench.files.writeSecret('AWS_SESSION_TOKEN', base.sessionToken);
    const hops = arns.map((arn, i): HopConfig => ({
      ...hop(arn, { externalID: `external-id-${i}`, durationSeconds: 900 + 60 * i, sessionName: `{pod}-${i}` }),
      tags: { [`step-${i}`]: `${i}` },
      transitiveTagKeys: [`step-${i}`],
      policy: `{"Version":"2012-10-17","Id":"${i}","Statement":[]}`,
      policyARNs: [`arn:aws:iam::aws:policy/P${i}`],
      ...(i === 0 ? { sourceIdentity: 'orders' } : {}),
    }));
    const sidecar = await bench.start({ roles: { default: { source: { type: 'environment' }, hops } } });
    expect((await answerOf(sidecar, 200)).data.AccountId).toBe('222222222222');
    expect(bench.sts.requests.map((r) => [r.answer, r.callerArn?.split('/').at(-1), r.parameters])).toEqual(
      arns.map((RoleArn, i) => [
        'ok',
        i === 0 ? 'base' : `orders-1-${i - 1}`,
        {
          Action: 'AssumeRole',
          Version: '2011-06-15',
          RoleArn,
          RoleSessionName: `orders-1-${i}`,
          ExternalId: `external-id-${i}`,
          DurationSeconds: String(900 + 60 * i),
          'Tags.member.1.Key': `step-${i}`,
          'Tags.member.1.Value': `${i}`,
          'TransitiveTagKeys.member.1': `step-${i}`,
          Policy: `{"Version":"2012-10-17","Id":"${i}","Statement":[]}`,
          'PolicyArns.member.1.arn': `arn:aws:iam::aws:policy/P${i}`,
          ...(i === 0 ? { SourceIdentity: 'orders' } : {}),
        },
      ]),
    );
  });

  test('a hop without sts:TagSession is named with its place', async () => {
    bench.sts.setRole({ arn: BASE, trust: { Statement: [] }, permissions: mayAssume(via(1)) });
    bench.sts.setRole({ arn: via(1), trust: trustRole(BASE), permissions: mayAssume(ORDERS) });
    bench.sts.setTrust(ORDERS, trustRole(via(1), { tagSession: false }));
    const base = bench.sts.issue({
      roleArn: BASE,
      sessionName: 'base',
      tags: { 'kubernetes-namespace': 'shop' },
      transitiveTagKeys: ['kubernetes-namespace'],
    });
    bench.files.writeSecret('AWS_ACCESS_KEY_ID', base.accessKeyId);
    bench.files.writeSecret('AWS_SECRET_ACCESS_KEY', base.secretAccessKey);
    bench.files.writeSecret('AWS_SESSION_TOKEN', base.sessionToken);
    const hops = [hop(via(1)), hop(ORDERS)];
    const sidecar = await bench.start({ roles: { default: { source: { type: 'environment' }, hops } } });
    const { data } = await answerOf(sidecar, 403);
    expect(data.Message).toMatch(
      /hop 2 of 2: .*Not allowed: sts:TagSession on \S+role\/orders for arn:aws:iam::\d+:role\/\S*hop-1\./,
    );
  });
});

describe('roles that go through the same hop', () => {
  beforeEach(() => {
    bench.sts.setRole({ arn: via(1), trust: trustRole(BASE), permissions: mayAssume(ORDERS, AUDIT) });
    bench.sts.setTrust(ORDERS, trustRole(via(1)));
    bench.sts.setTrust(AUDIT, trustRole(via(1)));
    bench.sts.setRole({ arn: BASE, trust: { Statement: trustPod() }, permissions: mayAssume(via(1)) });
  });
  const trustPod = () => [
    {
      Effect: 'Allow' as const,
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  ];

  test('share its session, and the base identity: one call of each', async () => {
    const sidecar = await bench.start({
      roles: { default: { hops: [hop(via(1)), hop(ORDERS)] }, audit: { hops: [hop(via(1)), hop(AUDIT)] } },
    });
    expect((await answerOf(sidecar, 200)).data.AccountId).toBe('222222222222');
    expect((await answerOf(sidecar, 200, asRole(bench.files, 'audit'))).data.AccountId).toBe('333333333333');
    expect(requestsFor(via(1))).toHaveLength(1);
    expect(bench.agent.requests).toHaveLength(1);
    expect(bench.sts.requests).toHaveLength(3);
  });

  test('do not where anything that is sent differs', async () => {
    const sidecar = await bench.start({
      roles: {
        default: { hops: [hop(via(1)), hop(ORDERS)] },
        audit: { hops: [hop(via(1), { policy: '{"Version":"2012-10-17","Statement":[]}' }), hop(AUDIT)] },
      },
    });
    await answerOf(sidecar, 200);
    await answerOf(sidecar, 200, asRole(bench.files, 'audit'));
    expect(requestsFor(via(1))).toHaveLength(2);
    // The base identity is the same, and both wanted it at once.
    expect(bench.agent.requests).toHaveLength(1);
  });

  test('a shared session that STS does not know any more is replaced, and both go on', async () => {
    bench.sts.failWhen((seen) =>
      seen.parameters.RoleArn === AUDIT && requestsFor(via(1)).length === 1
        ? { status: 403, code: 'ExpiredToken', message: 'The security token included in the request is expired' }
        : undefined,
    );
    const sidecar = await bench.start({
      roles: { default: { hops: [hop(via(1)), hop(ORDERS)] }, audit: { hops: [hop(via(1)), hop(AUDIT)] } },
    });
    await answerOf(sidecar, 200);
    await answerOf(sidecar, 200, asRole(bench.files, 'audit'));
    expect(requestsFor(via(1))).toHaveLength(2);
  });
});

describe('externalIDFrom', () => {
  const VALUE = 'value-of-the-secret';
  const roles = { default: { hops: [hop(ORDERS, { externalIDFrom: SECRET })] }, audit: { hops: [hop(AUDIT)] } };
  beforeEach(() => bench.sts.setTrust(ORDERS, trustRole(BASE, { externalId: VALUE })));

  test('missing, wrong, then right, without a restart; the other role does not notice; the value is nowhere', async () => {
    const sidecar = await bench.start({ roles });
    const missing = await answerOf(sidecar, 400);
    expect(codeOf(missing)).toBe('400 ExternalIDMissing');
    expect(missing.data.Message).toContain('Secret orders-aws, key external-id');
    await answerOf(sidecar, 200, asRole(bench.files, 'audit'));
    bench.files.writeExternalID(SECRET, `${VALUE}\n`);
    const invalid = await eventually('ExternalIDInvalid', async () => {
      const reply = await sidecar.ask();
      return codeOf(reply) === '400 ExternalIDInvalid' && reply;
    });
    bench.files.writeExternalID(SECRET, VALUE);
    await answerOf(sidecar, 200);
    expect(requestsFor(ORDERS).map((r) => r.parameters.ExternalId)).toEqual([VALUE]);
    const shown = await Promise.all(['/status', '/metrics', '/readyz'].map((path) => sidecar.health(path)));
    const probe = await sidecar.probe();
    const { out, err } = sidecar.output();
    const all = [out, err, probe.out, missing.body, invalid.body, ...shown.map((reply) => reply.body)];
    for (const text of all) expect(text).not.toContain(VALUE);
  });

  test('what STS says of a value does not show it', async () => {
    bench.files.writeExternalID(SECRET, VALUE);
    const message = `1 validation error detected: Value '${VALUE}' at 'externalId' failed; ${VALUE} is no good`;
    bench.sts.failWhen((r) =>
      r.parameters.RoleArn === ORDERS ? { status: 400, code: 'ValidationError', message } : undefined,
    );
    const sidecar = await bench.start({ roles });
    const { body } = await answerOf(sidecar, 400);
    expect(body).toContain('StsRejected');
    expect(body + sidecar.output().out + (await sidecar.health('/status')).body).not.toContain(VALUE);
  });

  test('a value that changes is sent at the next refresh, and a shared hop with the old one is not used', async () => {
    bench.sts.setSessionSeconds(6);
    bench.sts.setRole({ arn: via(1), trust: trustRole(BASE, { externalId: VALUE }), permissions: mayAssume(ORDERS) });
    bench.sts.setRole({ arn: BASE, trust: { Statement: [] }, permissions: mayAssume(via(1)) });
    bench.sts.setTrust(ORDERS, trustRole(via(1)));
    const { accessKeyId, secretAccessKey } = bench.sts.issueUser(
      'arn:aws:iam::111111111111:user/me',
      mayAssume(via(1)),
    );
    bench.sts.setTrust(via(1), {
      Statement: [VALUE, 'the-next-value'].flatMap(
        (externalId) => trustRole('arn:aws:iam::111111111111:user/me', { externalId }).Statement,
      ),
    });
    bench.files.writeSecret('AWS_ACCESS_KEY_ID', accessKeyId);
    bench.files.writeSecret('AWS_SECRET_ACCESS_KEY', secretAccessKey);
    bench.files.writeExternalID(SECRET, VALUE);
    const hops = [hop(via(1), { externalIDFrom: SECRET }), hop(ORDERS)];
    const sidecar = await bench.start({ roles: { default: { source: { type: 'environment' }, hops } } });
    await answerOf(sidecar, 200);
    bench.files.writeExternalID(SECRET, 'the-next-value');
    await eventually('the next value', () => requestsFor(via(1)).at(-1)?.parameters.ExternalId === 'the-next-value');
    expect(requestsFor(via(1)).map((r) => r.parameters.ExternalId)).toContain(VALUE);
  });
});

test('the Region of a hop is its own', async () => {
  bench.sts.setTrust(AUDIT, trustRole(BASE));
  const sidecar = await bench.start({ roles: { default: { hops: [hop(AUDIT, { stsRegion: 'us-east-1' })] } } });
  // The double stands for the Region of the bench: a signature for another one is refused.
  expect(codeOf(await answerOf(sidecar, 503))).toBe('503 StsCredentialsExpired');
  expect(bench.sts.requests[0]?.signature).toBe('SignatureDoesNotMatch');
  expect(REGION).not.toBe('us-east-1');
});
