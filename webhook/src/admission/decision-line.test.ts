import fc from 'fast-check';
import { runs } from '@rolechain/kit/runs.ts';
import type { Decision } from '../policy/decision.ts';
import { decide } from '../policy/decide-pod.ts';
import { account, plainPod, SETTINGS, TARGET } from '../testing/fixtures.ts';
import { decisionFields } from './decision-line.ts';

const REVIEW = {
  uid: 'u',
  namespace: 'shop',
  dryRun: false,
  user: 'system:serviceaccount:kube-system:replicaset-controller',
};

test('an injected pod: its name to be and its owner, its roles, and who asked', () => {
  const pod = plainPod();
  Object.assign(pod.metadata, {
    ownerReferences: [{ kind: 'ReplicaSet', name: 'orders-5d4', controller: true }],
  });
  expect(decisionFields({ ...REVIEW, pod }, decide(pod, account(), SETTINGS), 'enforce')).toEqual({
    uid: 'u',
    account: 'shop/orders',
    pod: 'orders-*',
    owner: 'ReplicaSet/orders-5d4',
    user: REVIEW.user,
    outcome: 'injected',
    reason: 'Injected',
    roles: [`default=${TARGET}`],
    dryRun: false,
  });
});

test('a pod with a name of its own, refused, under an audit', () => {
  const pod = { metadata: { name: 'one' }, spec: {} };
  const refused = {
    outcome: 'refused',
    reason: 'AnnotationInvalid',
    message: 'no',
    warnings: [],
  } as unknown as Decision;
  expect(decisionFields({ ...REVIEW, user: 'eyJhbGciOiJSUzI1\nann', pod }, refused, 'audit')).toEqual({
    ...{ uid: 'u', account: 'shop/default', pod: 'one', user: '<token> ann', outcome: 'refused' },
    ...{ reason: 'AnnotationInvalid', error: 'no', dryRun: false, mode: 'audit' },
  });
});

test('whatever a stranger writes, a line has at most 4 KiB, and names reason and account', () => {
  const text = fc.string({ maxLength: 6000, unit: 'binary' });
  const any = fc.record({
    user: text,
    name: text,
    generateName: text,
    owner: text,
    message: text,
    warnings: fc.array(text, { maxLength: 20 }),
  });
  fc.assert(
    fc.property(any, ({ user, name, generateName, owner, message, warnings }) => {
      const pod = { metadata: { name, generateName, ownerReferences: [{ kind: owner, name: owner }] }, spec: {} };
      const decision = { outcome: 'refused', reason: 'AnnotationInvalid', message, warnings } as unknown as Decision;
      const fields = decisionFields({ ...REVIEW, user, pod }, decision, 'enforce');
      expect(Buffer.byteLength(JSON.stringify(fields))).toBeLessThanOrEqual(4096 - 128);
      expect(fields).toMatchObject({ reason: 'AnnotationInvalid', account: 'shop/default' });
    }),
    { numRuns: runs(200) },
  );
});
