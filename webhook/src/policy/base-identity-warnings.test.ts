import { LIMITS } from '@rolechain/shared';
import { TARGET, account, call, plainPod } from '../testing/fixtures.ts';

const IRSA = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/base' };
const labelled = (labels: Record<string, string>) => ({ ...plainPod(), metadata: { generateName: 'x-', labels } });
const told = (document: object, others: Record<string, string> = IRSA, pod: Record<string, unknown> = plainPod()) => {
  const { decision } = call(pod, account(JSON.stringify({ roleARN: TARGET, ...document }), others));
  expect(decision.outcome).toBe('injected');
  return decision.warnings;
};

test('auto with an IRSA role and without EKS’ label says whose identity it is, and how to be sure', () => {
  const [warning = '', ...more] = told({});
  expect(more).toEqual([]);
  expect(warning).toBe(
    'credentialSource: auto starts from the role in eks.amazonaws.com/role-arn (irsa): the pod has no label eks.amazonaws.com/pod-identity: enabled. Write credentialSource: pod-identity if the ServiceAccount has an association, else irsa',
  );
  expect(warning.length).toBeLessThanOrEqual(LIMITS.warningChars);
  expect(told({}, IRSA, labelled({ 'eks.amazonaws.com/pod-identity': 'disabled' }))).toEqual([warning]);
  expect(told({ webIdentity: 'prefer' })).toEqual([warning]);
});

test.each([
  ['with the label', {}, IRSA, labelled({ 'eks.amazonaws.com/pod-identity': 'enabled' })],
  ['without an IRSA role', {}, {}, plainPod()],
  ['irsa by name', { credentialSource: 'irsa' }, IRSA, plainPod()],
  ['pod-identity by name', { credentialSource: 'pod-identity' }, IRSA, plainPod()],
  ['web identity alone', { webIdentity: 'only' }, IRSA, plainPod()],
  [
    'a role that no container holds',
    { credentialSource: 'irsa', roles: { audit: { roleARN: TARGET } } },
    IRSA,
    plainPod(),
  ],
])('no warning: %s', (_name, document, others, pod) => expect(told(document, others, pod)).toEqual([]));
