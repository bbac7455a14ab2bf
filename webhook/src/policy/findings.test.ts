import { LIMITS, REASONS } from '@rolechain/shared';
import type { Decision } from './decision.ts';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';

const WARN = { ...SETTINGS, conflicts: 'warn' as const };
const AUDIT = 'arn:aws:iam::333333333333:role/audit';
const both = account(JSON.stringify({ roleARN: TARGET, roles: { audit: { roleARN: AUDIT } } }));
const KEYS = { name: 'AWS_ACCESS_KEY_ID', value: 'AKIA' };
const ROLE = { name: 'AWS_ROLE_ARN', value: AUDIT };
const URI = { name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI', value: 'http://127.0.0.1:1/' };
const containers = [
  { name: 'app', env: [KEYS, ROLE] },
  { name: 'web', env: [URI, { ...KEYS, name: 'AWS_SECRET_ACCESS_KEY' }] },
];
const messageOf = (decision: Decision): string => (decision.outcome === 'refused' ? decision.message : '');
const sentence = (reason: 'StaticKeys' | 'OwnWebIdentity' | 'OwnContainerCredentials' | 'HostNetwork', detail = '') =>
  `${REASONS[reason].text.replace(/\.$/, '')}${detail === '' ? '' : `: ${detail}`}. ${REASONS[reason].fix} [${reason}]`;

describe('all conflicts are told at once, each with its words', () => {
  test('of several kinds, container by container', () => {
    const { decision } = call(plainPod({ containers }));
    expect(decision.reason).toBe('StaticKeys');
    expect(messageOf(decision)).toBe(
      'rolechain: ServiceAccount shop/orders asks for an AWS role, but: ' +
        [
          sentence('StaticKeys', 'container app: AWS_ACCESS_KEY_ID; container web: AWS_SECRET_ACCESS_KEY'),
          sentence('OwnWebIdentity', 'container app: AWS_ROLE_ARN'),
          sentence('OwnContainerCredentials', 'container web: AWS_CONTAINER_CREDENTIALS_FULL_URI'),
        ].join(' Also: '),
    );
  });

  test('of the pod and of its containers, and what is refused whatever the setting', () => {
    const spec = { hostNetwork: true, os: { name: 'windows' }, shareProcessNamespace: true, containers };
    const volumes = [{ name: 'rolechain-data', emptyDir: {} }];
    const asked = plainPod({ ...spec, volumes }, { 'rolechain.io/container-roles': 'app=audit,web=default+aduit' });
    const { decision } = call(asked, both);
    expect(decision.reason).toBe('RoleUndeclared');
    const kinds = [
      ...['RoleUndeclared', 'NameTaken', 'Windows', 'HostNetwork', 'SharedProcessNamespace'],
      ...['StaticKeys', 'OwnWebIdentity', 'OwnContainerCredentials'],
    ];
    expect([...messageOf(decision).matchAll(/ \[(\w+)\]/g)].map(([, code]) => code)).toEqual(kinds);
    expect(messageOf(decision)).toContain(sentence('HostNetwork'));
  });

  test('a mended conflict gives no new one: containers with conflicts count among those that share processes', () => {
    const asked = plainPod(
      { shareProcessNamespace: true, containers },
      { 'rolechain.io/container-roles': 'app=audit' },
    );
    expect(messageOf(call(asked, both).decision)).toMatch(/\[SharedProcessNamespace\] Also: .*\[StaticKeys\]/);
  });

  test('however many there are, each kind has its words', () => {
    const many = Array.from({ length: 200 }, (_, n) => ({ name: `c${n}`.padEnd(63, 'x'), env: [KEYS, ROLE, URI] }));
    const message = messageOf(call(plainPod({ hostNetwork: true, containers: many })).decision);
    expect(message.length).toBeLessThan(LIMITS.messageChars);
    for (const reason of ['HostNetwork', 'StaticKeys', 'OwnWebIdentity', 'OwnContainerCredentials'] as const) {
      expect(message).toContain(`${REASONS[reason].fix} [${reason}]`);
    }
  });
});

describe('under conflicts: warn', () => {
  test('a container’s warning names all of them', () => {
    const { decision } = call(plainPod({ containers: [...containers, { name: 'other' }] }), both, WARN);
    expect(decision).toMatchObject({
      outcome: 'injected',
      warnings: [
        'rolechain skips container app, which holds no role: it sets AWS_ACCESS_KEY_ID [StaticKeys], AWS_ROLE_ARN [OwnWebIdentity]. ' +
          REASONS.StaticKeys.fix,
        expect.stringMatching(
          /container web.*_FULL_URI \[OwnContainerCredentials\]|AWS_SECRET_ACCESS_KEY \[StaticKeys\]/,
        ),
      ],
    });
  });

  test('each conflict of the pod has a warning of its own, with the code in front', () => {
    const { decision } = call(plainPod({ hostNetwork: true, os: { name: 'windows' }, containers }), both, WARN);
    expect(decision).toMatchObject({
      outcome: 'skipped',
      reason: 'Windows',
      warnings: [
        expect.stringMatching(/^rolechain skips this pod \[Windows\]: /),
        expect.stringMatching(/^rolechain skips this pod \[HostNetwork\]: /),
      ],
    });
  });

  test('what is refused whatever the setting is told alone', () => {
    const volumes = [{ name: 'rolechain-data', emptyDir: {} }];
    const message = messageOf(call(plainPod({ hostNetwork: true, volumes, containers }), both, WARN).decision);
    expect([...message.matchAll(/ \[(\w+)\]/g)].map(([, code]) => code)).toEqual(['NameTaken']);
  });

  test('a pod that is skipped may have anything at the path of a token', () => {
    const mounts = [{ name: 'd', mountPath: '/var/run/secrets/rolechain.io/default' }];
    const asked = plainPod({ hostNetwork: true, containers: [{ name: 'app', volumeMounts: mounts }] });
    expect(call(asked, both, WARN).decision).toMatchObject({ outcome: 'skipped', reason: 'HostNetwork' });
  });
});

test('a pod in which no container holds a role says so, container by container', () => {
  const gateway = plainPod({ containers: [{ name: 'istio-proxy' }] });
  expect(call(gateway).decision).toMatchObject({
    reason: 'NoContainerSelected',
    warnings: [
      expect.stringMatching(
        /^rolechain skips this pod \[NoContainerSelected\]: .*: istio-proxy \(setting meshContainers\)\. /,
      ),
    ],
  });
  const asked = plainPod(
    { containers: [{ name: 'a' }, { name: 'b', env: [KEYS] }, { name: 'c' }] },
    { 'rolechain.io/skip-containers': 'a', 'rolechain.io/container-roles': 'c=none' },
  );
  const { decision } = call(asked, both, WARN);
  expect(decision.reason).toBe('NoContainerSelected');
  expect(decision.warnings[0]).toContain('a (rolechain.io/skip-containers), b (StaticKeys), c (given none).');
});
