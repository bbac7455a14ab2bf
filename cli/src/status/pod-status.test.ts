import { SETTINGS } from '@rolechain/webhook/testing';
import { podStatus, type Around, type ListedPod } from './pod-status.ts';

const POD: ListedPod = {
  namespace: 'shop',
  name: 'orders',
  labels: {},
  sidecar: undefined,
  owner: { kind: 'Pod', name: 'orders' },
  serviceAccount: 'orders',
  createdAt: Date.UTC(2026, 0, 1, 12),
  hasEnded: false,
  annotations: {},
};

/** The account, made so many seconds after the pod, with its annotation from the start. */
function stateOf(seconds: number): unknown[] {
  const createdAt = POD.createdAt + seconds * 1000;
  const account = { namespace: 'shop', name: 'orders', annotations: {}, createdAt, addedAt: createdAt };
  const around: Around = {
    settings: SETTINGS,
    installed: undefined,
    accounts: new Map([['shop/orders', account]]),
    namespaces: undefined,
    isCovered: () => true,
  };
  const { state, why } = podStatus(POD, { kind: 'not-injected' }, around, POD.createdAt);
  return [state, why];
}

test('a ServiceAccount that was made again after the pod came too late for it', () => {
  expect(stateOf(60)).toEqual(['late', 'ServiceAccount orders was made at 2026-01-01T12:01:00Z, after the pod.']);
  expect(stateOf(-60)).toEqual([
    'slipped',
    'ServiceAccount orders asked for a role when the pod was made: the webhook was not called, or did not answer.',
  ]);
});
