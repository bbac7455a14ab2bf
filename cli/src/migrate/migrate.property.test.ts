/** Whatever other tools have: what is printed, the webhook takes; and nothing that was found is lost. */
import fc from 'fast-check';
import { ANNOTATIONS, FOREIGN_KEYS, parseAssumeRole } from '@rolechain/shared';
import { decideServiceAccount, patternProblems } from '@rolechain/webhook';
import { SETTINGS } from '@rolechain/webhook/testing/fixtures.ts';
import { runs } from '@rolechain/kit/runs.ts';
import { migrate, type Input } from './migrate.ts';
import type { KubeObject } from './types.ts';

const NOTHING: Input = { objects: [], documents: [], configs: [], namespace: 'default', baseRoleARN: undefined };
const names = fc.constantFrom('orders', 'pay', 'default', 'a.b', 'Team', 'none', '');
const namespaces = fc.constantFrom('shop', 'pay');
const odd = fc.string({ unit: 'binary', maxLength: 12 });
const arns = fc.oneof(
  { weight: 8, arbitrary: names.map((name) => `arn:aws:iam::222222222222:role/x/${name}`) },
  { weight: 1, arbitrary: fc.constantFrom('arn:aws-cn:iam::222222222222:role/cn', 'orders', 'arn:aws:iam::1:role/x') },
  { weight: 1, arbitrary: odd },
);
const words = fc.oneof({ weight: 6, arbitrary: fc.constantFrom('ext-1', '0123', 'true', 'x:y', 'a/b@c') }, odd);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Without members that are undefined, as JSON is. */
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const pods = fc
  .record({
    name: names,
    namespace: namespaces,
    account: maybe(names),
    role: maybe(arns),
    externalID: maybe(words),
    session: maybe(words),
  })
  .map(({ name, namespace, account, role, externalID, session }) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      template: {
        metadata: {
          annotations: {
            'iam.amazonaws.com/role': role,
            'iam.amazonaws.com/external-id': externalID,
            'iam.amazonaws.com/session-name': session,
          },
        },
        spec: {
          serviceAccountName: account,
          volumes: [{ name: 'aws', configMap: { name: 'aws' } }],
          containers: [{ name: 'app', env: [{ name: 'AWS_PROFILE', value: name }], volumeMounts: [{ name: 'aws' }] }],
        },
      },
    },
  }));
const spaces = fc
  .record({
    name: namespaces,
    globs: maybe(
      fc.oneof(
        odd,
        fc.array(fc.oneof(arns, words)).map((all) => JSON.stringify(all)),
      ),
    ),
    permitted: maybe(fc.oneof(words, odd, fc.constantFrom('.*', '^team-.*$', 'a|b', '(x)'))),
  })
  .map(({ name, globs, permitted }) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      annotations: { 'iam.amazonaws.com/allowed-roles': globs, 'iam.amazonaws.com/permitted': permitted },
    },
  }));
const profile = fc.record({
  role_arn: maybe(arns),
  source_profile: maybe(names),
  credential_source: maybe(fc.constantFrom('EcsContainer', 'Ec2InstanceMetadata', 'Environment', 'x')),
  web_identity_token_file: maybe(fc.constant('/token')),
  credential_process: maybe(fc.constantFrom('/opt/epicac', '/bin/other')),
  external_id: maybe(words),
  role_session_name: maybe(words),
  duration_seconds: maybe(fc.constantFrom('900', '7200', '99999', 'x', '-1')),
  region: maybe(fc.constantFrom('eu-central-1', 'moon')),
  mfa_serial: maybe(fc.constant('x')),
  aws_secret_access_key: maybe(fc.constant('planted-secret')),
});
const config = fc.dictionary(names, profile, { noNullPrototype: true }).map((all) =>
  Object.entries(all)
    .map(([name, settings]) =>
      [
        `[profile ${name}]`,
        ...Object.entries(json(settings)).map(([key, value]) => `${key} = ${String(value).replaceAll(/[\r\n]/g, '')}`),
      ].join('\n'),
    )
    .join('\n'),
);
const configMaps = fc.record({ namespace: namespaces, text: config }).map(({ namespace, text }) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'aws', namespace },
  data: { config: text },
}));
const stores = fc
  .record({
    role: maybe(arns),
    additionalRoles: maybe(fc.array(arns, { maxLength: 7 })),
    externalID: maybe(words),
    sessionTags: maybe(fc.array(fc.record({ key: words, value: words }))),
    transitiveTagKeys: maybe(fc.array(words)),
    region: maybe(fc.constantFrom('eu-west-1', 'moon')),
  })
  .map((aws) => ({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'a', namespace: 'shop' },
    spec: { provider: { aws } },
  }));
const triggers = fc.record({ roleArn: maybe(arns), externalID: maybe(words) }).map((identity) => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'TriggerAuthentication',
  metadata: { name: 'a', namespace: 'shop' },
  spec: { podIdentity: { provider: 'aws', ...identity } },
}));
const association = fc
  .record({
    namespace: namespaces,
    serviceAccount: names,
    roleArn: arns,
    targetRoleArn: maybe(arns),
    externalId: maybe(words),
    associationId: fc.constant('a-1'),
  })
  .map((one) => ({ association: one }));
const inputs = fc
  .record({
    objects: fc.array(fc.oneof(pods, spaces, configMaps, stores, triggers) as fc.Arbitrary<KubeObject>, {
      maxLength: 8,
    }),
    documents: fc.array(association, { maxLength: 3 }),
    configs: fc.array(
      config.map((text) => ({ name: 'config', text })),
      { maxLength: 1 },
    ),
    baseRoleARN: maybe(fc.constant('arn:aws:iam::333333333333:role/')),
  })
  .map((input) => ({ ...NOTHING, ...json(input) }));

test('the webhook takes every annotation that is printed', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const { accounts, namespaces: spacesOut } = migrate(input);
      for (const { account, annotations, roles } of accounts) {
        const parsed = parseAssumeRole(annotations[ANNOTATIONS.assumeRole.key] ?? '');
        expect(parsed).toMatchObject({ ok: true });
        if (!parsed.ok) continue;
        expect(parsed.value.map(({ name, roleARN }) => [name, roleARN]).sort()).toEqual(
          roles.map(({ name, roleARN }) => [name, roleARN]).sort(),
        );
        // A role of another partition than the test's Region is refused for that.
        if (roles.some(({ roleARN }) => roleARN.startsWith('arn:aws-cn:'))) continue;
        const decided = decideServiceAccount(
          { namespace: account.namespace, name: account.name ?? 'any', annotations },
          SETTINGS,
          { others: new Map(), allowedRoles: undefined },
        );
        if (annotations[FOREIGN_KEYS.eksRoleARN]?.startsWith('arn:aws-cn:')) continue;

        expect(decided).toMatchObject({ outcome: 'accepted' });
      }
      for (const { annotations } of spacesOut) {
        expect(patternProblems(annotations[ANNOTATIONS.allowedRoles.key] ?? '')).toEqual([]);
      }
    }),
    { numRuns: runs(300) },
  );
});

test('what is found is either carried over or said to be left', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(pods, stores, triggers) as fc.Arbitrary<KubeObject>, { maxLength: 8 }), (given) => {
      const objects = json(given).map((object, at): KubeObject => ({
        ...object,
        metadata: { ...(object.metadata as object), name: `o${at}` },
      }));
      const { accounts, left } = migrate({ ...NOTHING, objects });
      const told = new Set([
        ...accounts.flatMap(({ roles }) => roles.flatMap(({ from }) => from.map(({ object }) => object))),
        ...left.map(({ object }) => object),
      ]);
      const asking = objects.filter((object) =>
        /"(?:iam\.amazonaws\.com\/role|role|roleArn|additionalRoles)":(?:"[^"]|\["[^"])/.test(JSON.stringify(object)),
      );
      for (const { kind, metadata } of asking) {
        const { namespace, name } = metadata as { namespace?: string; name?: string };
        expect(told).toContain(`${String(kind)} ${namespace}/${name}`);
      }
    }),
    { numRuns: runs(300) },
  );
});

test('no key of a profile is in what comes out', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      expect(JSON.stringify(migrate(input))).not.toContain('planted-secret');
    }),
    { numRuns: runs(300) },
  );
});
