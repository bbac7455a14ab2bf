/** What people are told where STS itself says which kind of policy refuses, and where it does not. */
import fc from 'fast-check';
import { type CodedError, ERRORS } from '@rolechain/shared';
import { withMore } from '../model/coded.ts';
import { adviseDenied } from './denied.ts';
import { stsError, type StsCall } from './errors.ts';

const TARGET = 'arn:aws:iam::222222222222:role/orders';
const BASE = 'arn:aws:iam::111111111111:role/base';
const SESSION = 'arn:aws:sts::111111111111:assumed-role/base/shop.orders-7d9c-x2k';
const CALL: StsCall = { action: 'AssumeRole', roleARN: TARGET, region: 'eu-central-1', secrets: [] };

const ALLOW = `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"${TARGET}"}`;
const TRUST = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"${BASE}"}}`;
const PATH = 'If the base role has a path, write it into its ARN.';

interface Statement {
  readonly Effect: string;
  readonly Principal?: unknown;
}
const statementsIn = (fix: string): Statement[] =>
  (fix.match(/\{"Effect"[^ ]*\}/g) ?? []).map((text) => JSON.parse(text) as Statement);

const errorOf = (text: string, call: StsCall = CALL): CodedError =>
  stsError(Object.assign(new Error(text), { Code: 'AccessDenied', $metadata: { httpStatusCode: 403 } }), call);
const refused = (more = '', action = 'sts:AssumeRole'): string =>
  `User: ${SESSION} is not authorized to perform: ${action} on resource: ${TARGET}${more}`;

describe('a policy that STS names leads, and no hint speaks against it', () => {
  const kinds = [
    ['service control policy', `of the AWS organization of ${BASE}`],
    ['resource control policy', 'of the AWS organization of the role'],
    ['permissions boundary', `of ${BASE}`],
    ['session policy', `of the session of ${BASE} (policy and policyARNs of the hop before, or of its association)`],
    ['VPC endpoint policy', 'of the VPC endpoint for STS'],
    ['policy of a kind to come policy', 'that STS names'],
  ] as const;

  test.each(kinds)('%s: an explicit deny, with its ARN or without', (type, owner) => {
    for (const arn of ['', ': arn:aws:organizations::1:policy/o-1/service_control_policy/p-1']) {
      const { message, fix } = errorOf(refused(` with an explicit deny in a ${type}${arn}`));
      expect(message).toContain(
        `explicit deny in a ${type}${arn}. A ${type} denies it, whatever other policies allow.`,
      );
      expect(fix).toBe(`Change the ${type} ${owner}: a Deny in it covers sts:AssumeRole on ${TARGET} for ${BASE}.`);
      expect(`${message} ${fix}`).not.toMatch(/trust policy|ExternalId|does not exist|Missing/);
    }
  });

  test.each(kinds)('%s: none that allows it', (type, owner) => {
    const { message, fix } = errorOf(refused(` because no ${type} allows the sts:AssumeRole action`));
    expect(message).toContain(`because no ${type} allows the sts:AssumeRole action. The ${type} does not allow it.`);
    expect(fix).toBe(`Allow sts:AssumeRole on ${TARGET} in the ${type} ${owner}.`);
    expect(`${message} ${fix}`).not.toMatch(/trust policy|ExternalId|does not exist|Missing/);
  });

  test('the permissions of the caller alone', () => {
    const { message, fix } = errorOf(refused(' because no identity-based policy allows the sts:AssumeRole action'));
    expect(message).toContain(`Missing: sts:AssumeRole on ${TARGET} for ${BASE}, in its permissions.`);
    expect(fix).toBe(
      `Add {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"${TARGET}"} to the permissions of ${BASE}. If the base role has a path, write it into its ARN.`,
    );
    expect(`${message} ${fix}`).not.toMatch(/trust policy/);
  });

  test('the trust policy alone', () => {
    const { message, fix } = errorOf(refused(' because no resource-based policy allows the sts:AssumeRole action'));
    expect(message).toMatch(/, in the trust policy of the role\. It has no statement, or asks for an ExternalId: none/);
    expect(fix).toBe(
      `If the trust policy of ${TARGET} asks for sts:ExternalId, set externalID, else add ${TRUST} to it. ${PATH}`,
    );
    expect(fix).not.toContain('permissions');
  });

  test('a deny of either', () => {
    expect(errorOf(refused(' with an explicit deny in an identity-based policy')).fix).toBe(
      `Change the identity-based policy of ${BASE}: a Deny in it covers sts:AssumeRole on ${TARGET} for ${BASE}.`,
    );
    expect(errorOf(refused(' with an explicit deny in a resource-based policy')).fix).toContain('its trust policy');
  });
});

describe('the statement that is missing', () => {
  test('names the base role, never the session of this pod', () => {
    const { message, fix } = errorOf(refused());
    expect(message.match(/x2k/g)).toHaveLength(1);
    expect(message).toContain(
      `${refused()}. Not allowed: sts:AssumeRole on ${TARGET} for ${BASE}. STS does not say why: a missing statement`,
    );
    expect(fix).toBe(
      `Check 1. that the permissions of ${BASE} have ${ALLOW}; 2. the trust policy of ${TARGET}: if it asks for sts:ExternalId, set externalID, else it needs ${TRUST}; 3. roleARN. ${PATH}`,
    );
    expect(statementsIn(fix).map(({ Effect }) => Effect)).toEqual(['Allow', 'Allow']);
  });

  test.each([
    ['', 2, /^Check 1\. the ExternalId against the trust policy/],
    [' because no resource-based policy allows the sts:AssumeRole action', 1, /^Compare the ExternalId with/],
  ])('with an ExternalId: that first, and no trust without it%s', (reason, count, first) => {
    const { message, fix } = errorOf(refused(reason), { ...CALL, secrets: ['of-a-secret'] });
    expect(message).toMatch(/another ExternalId/);
    expect(fix).toMatch(first);
    const statements = statementsIn(fix);
    expect(statements).toHaveLength(count);
    expect(statements.find(({ Principal }) => Principal)).toEqual({
      ...(JSON.parse(TRUST) as Statement),
      Condition: { StringEquals: { 'sts:ExternalId': '<ExternalId>' } },
    });
    expect(`${message} ${fix}`).not.toContain('of-a-secret');
  });

  test('sts:TagSession has no ExternalId: a condition on it would never hold', () => {
    const { fix } = errorOf(refused('', 'sts:TagSession'), { ...CALL, secrets: ['of-a-secret'] });
    expect(fix).not.toMatch(/ExternalId|externalID/);
  });

  test.each(['sts:TagSession', 'sts:SetSourceIdentity'])('%s, where that is what lacks', (action) => {
    const { message, fix } = errorOf(refused('', action));
    expect(message).toContain(
      `Not allowed: ${action} on ${TARGET} for ${BASE}. STS does not say which lacks it: the permissions of ${BASE}, or the trust policy of the role.`,
    );
    expect(fix.match(/"Action":"[^"]+"/g)).toEqual([`"Action":"${action}"`, `"Action":"${action}"`]);
  });

  test('of a later hop: the role of the hop before, with its path', () => {
    const callerRoleARN = 'arn:aws:iam::111111111111:role/team/base';
    const { fix } = errorOf(refused(), { ...CALL, step: { index: 2, count: 2, callerRoleARN } });
    expect(fix).toContain(`"Principal":{"AWS":"${callerRoleARN}"}`);
    expect(fix).not.toContain('has a path');
  });

  test.each([
    ['arn:aws-cn:sts::111111111111:assumed-role/base/x', 'arn:aws-cn:iam::111111111111:role/base'],
    ['arn:aws:iam::111111111111:user/lab', 'arn:aws:iam::111111111111:user/lab'],
  ])('of %s', (caller, principal) => {
    expect(errorOf(refused().replace(SESSION, caller)).fix).toContain(`{"AWS":"${principal}"}`);
  });

  test('where STS names nobody', () => {
    expect(errorOf('Access denied').fix).toContain('1. that the permissions of the base role have ');
  });

  test('by web identity: the trust policy alone', () => {
    const { message, fix } = errorOf('Not authorized to perform sts:AssumeRoleWithWebIdentity', {
      ...CALL,
      action: 'AssumeRoleWithWebIdentity',
    });
    expect(message).toContain('must allow sts:AssumeRoleWithWebIdentity');
    expect(fix).toBe(
      `Allow sts:AssumeRoleWithWebIdentity in the trust policy of ${TARGET} to the OIDC provider of the cluster.`,
    );
  });
});

test('a further sentence leaves the fix as it is, and other codes have the table’s', () => {
  const error = errorOf(refused());
  expect(withMore(error, 'More.').fix).toBe(error.fix);
  expect(stsError(undefined, CALL).fix).toBe(ERRORS.StsUnreachable.fix);
});

test('any text gives advice of bounded length', () => {
  const facts = { ...CALL, externalIDSent: false };
  fc.assert(
    fc.property(fc.string({ maxLength: 600 }), fc.constantFrom('', refused(' because no ')), (text, before) => {
      const said = before + text;
      const { hint, fix } = adviseDenied(said, { ...facts, said });
      expect(hint.length + fix.length).toBeLessThan(2500);
    }),
  );
});
