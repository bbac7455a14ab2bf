import { PORTS_HINT, type SidecarStatus } from '@rolechain/shared';
import { makeColours } from '../terminal/colours.ts';
import type { Explanation } from '../report-schemas/explain.ts';
import { liveOf } from './live.ts';
import { textOf } from './text.ts';

const error = { code: 'ListenFailed', message: '127.0.0.1 port 28173: EADDRINUSE.', fix: 'Declare it.' };
const STATUS: SidecarStatus = {
  version: 1,
  clock: {},
  roles: { default: { state: 'valid', source: 'irsa', hops: [] } },
};
const ports = (credentials: object): SidecarStatus => ({
  ...STATUS,
  ports: { credentials: { port: 28173, ...credentials }, health: { port: 28174 }, hint: PORTS_HINT },
});
const textIn = (status: SidecarStatus): string => {
  const explanation: Explanation = {
    ...{ subject: { kind: 'pod', namespace: 'shop', name: 'orders', from: 'the cluster' }, outcome: 'injected' },
    ...{ reasons: [], containers: [], roles: [], warnings: [], findings: [] },
    settings: { from: 'the cluster', region: 'eu-central-1', regionFrom: 'the settings' },
    live: liveOf({ kind: 'live', way: 'proxy', status }),
  };
  return textOf([explanation], makeColours(false));
};

test("who finds EADDRINUSE in an application's log finds the port and what to do", () => {
  expect(textIn(ports({}))).toContain(
    `    ports  28173 (credentials, 127.0.0.1), 28174 (this status, the pod's IP)\n      ${PORTS_HINT}\n`,
  );
});

test('an endpoint that does not listen tells why, with its code and fix', () => {
  const text = textIn(ports({ error }));
  expect(text).toContain('    127.0.0.1 port 28173: EADDRINUSE. [ListenFailed]\n      Declare it.\n');
  expect(text).not.toContain(PORTS_HINT);
});

test('an older sidecar tells of no ports', () => {
  expect(textIn(STATUS)).not.toContain('ports');
});
