/** Ordinary inputs that seeds are made of. */
import { ANNOTATIONS, PATHS } from '@rolechain/shared';
import type { RequestInput, ReviewInput } from './input.ts';

export const ARN = 'arn:aws:iam::222222222222:role/orders';
export const ASSUME = ANNOTATIONS.assumeRole.key;
export const TOKEN = 'a'.repeat(43);

export const range = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
export const record = <T>(count: number, make: (index: number) => readonly [string, T]): Record<string, T> =>
  Object.fromEntries(range(count, make));

export function podOf(
  spec: Readonly<Record<string, unknown>> = {},
  annotations: Readonly<Record<string, string>> = {},
): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'orders-', annotations },
    spec: { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'app:1' }], ...spec },
  };
}

/** A review of an ordinary pod but for what is named. */
export function reviewOf(changes: Partial<Omit<ReviewInput, 'program'>> = {}): ReviewInput {
  const around = { account: { [ASSUME]: ARN }, others: {}, namespace: {}, settings: 0, request: {} };
  return { program: 'webhook', path: 'mutate', object: podOf(), ...around, ...changes };
}

export function requestOf(changes: Partial<Omit<RequestInput, 'program'>> = {}): RequestInput {
  const headers = [
    ['host', '127.0.0.1:28173'],
    ['authorization', TOKEN],
  ];
  const plain = { method: 'GET', path: PATHS.credentials, headers, body: '', state: 'valid' };
  return { program: 'sidecar', port: 'credentials', ...plain, ...changes };
}

export const CONFIG = {
  version: 1,
  namespace: 'shop',
  serviceAccount: 'orders',
  ports: { credentials: 28_173, health: 28_174 },
  agentEndpoints: ['http://169.254.170.23/v1/credentials'],
  roles: {
    default: {
      source: { type: 'pod-identity' },
      startup: 'proceed',
      hops: [{ roleARN: ARN, sessionName: 's', durationSeconds: 3600, stsRegion: 'eu-central-1' }],
    },
  },
};
