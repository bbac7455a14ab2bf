import { decide } from './decide-pod.ts';
import type { Decision } from './decision.ts';
import { SETTINGS, TARGET, account, plainPod } from '../testing/fixtures.ts';
import type { AdmissionContext } from './decide-service-account.ts';

const HUB = 'arn:aws:iam::333333333333:role/hub';
const AUDIT = 'arn:aws:iam::444444444444:role/team/audit';
const chain = account(
  JSON.stringify({ roleARN: TARGET, via: [{ roleARN: HUB }], roles: { audit: { roleARN: AUDIT } } }),
  { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::999999999999:role/base' },
);
const judge = (allowedRoles: string | undefined, policy: 'optional' | 'required' = 'optional'): Decision => {
  const context: AdmissionContext = { others: new Map(), allowedRoles };
  return decide(plainPod(), chain, { ...SETTINGS, allowedRolesPolicy: policy }, context);
};

test('each ARN of each chain is explained by the pattern that it matches; base roles are not looked at', () => {
  const patterns = `arn:aws:iam::222222222222:role/*\n\t${HUB}  arn:aws:iam::444444444444:role/team/*`;
  expect(judge(patterns)).toMatchObject({
    outcome: 'injected',
    allowances: [
      { role: 'default', arn: HUB, pattern: HUB },
      { role: 'default', arn: TARGET, pattern: 'arn:aws:iam::222222222222:role/*' },
      { role: 'audit', arn: AUDIT, pattern: 'arn:aws:iam::444444444444:role/team/*' },
    ],
  });
});

test.each([
  ['the target', `${HUB} ${AUDIT}`, TARGET],
  ['a hop', `${TARGET} ${AUDIT}`, HUB],
  ['the target of another role, though no container holds it', `${TARGET} ${HUB}`, AUDIT],
])('%s that matches nothing is named, with what the Namespace allows', (_name, patterns, denied) => {
  const decision = judge(patterns);
  expect(decision).toMatchObject({ outcome: 'refused', reason: 'RoleNotAllowed' });
  expect(decision.outcome === 'refused' && decision.message).toContain(`${denied}; Namespace shop allows ${patterns}`);
});

test.each([
  ['absent and optional', undefined, 'optional', 'injected'],
  ['absent and required', undefined, 'required', 'refused'],
  ['empty', '', 'optional', 'refused'],
  ['white space', ' \n', 'optional', 'refused'],
] as const)('an annotation that is %s', (_name, patterns, policy, outcome) => {
  expect(judge(patterns, policy).outcome).toBe(outcome);
});

test('what nobody had to match is explained without a pattern', () => {
  const decision = judge(undefined);
  expect(decision.outcome === 'injected' && decision.allowances[0]).toStrictEqual({ role: 'default', arn: HUB });
});
