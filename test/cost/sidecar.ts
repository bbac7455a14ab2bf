/** The sidecar's two ports in this process, on loopback: bytes in, an answer out. */
import { connect, type AddressInfo } from 'node:net';
import { CodedError, LIMITS } from '@rolechain/shared';
import {
  digestTokens,
  listen,
  makeAwsClock,
  makeHealthServer,
  makeMetrics,
  makeResponder,
  makeServer,
  systemClock,
  type RoleRefresher,
  type RoleOffer,
  type RolePlan,
} from '@rolechain/sidecar';
import { bytesOf, type RequestInput } from './input.ts';

export const TOKEN = 'a'.repeat(43);

const NAMES = ['default', ...Array.from({ length: LIMITS.roles - 1 }, (_, index) => `role-${index}`)];

/** As many roles and hops as there may be. */
const PLANS: readonly RolePlan[] = NAMES.map((name) => ({
  name,
  startup: 'proceed',
  source: { type: 'pod-identity' },
  hops: Array.from({ length: LIMITS.via + 1 }, (_, hop) => ({
    roleARN: `arn:aws:iam::222222222222:role/${'x'.repeat(400)}-${name}-${hop}`,
    sessionName: 's',
    durationSeconds: 3600,
    stsRegion: 'eu-central-1',
  })),
}));

const SESSION = {
  accessKeyId: 'ASIAX',
  secretAccessKey: 's'.repeat(40),
  sessionToken: 't'.repeat(2000),
  obtainedAt: Date.now(),
  expiresAt: Date.now() + 12 * 3600_000,
};

/** How the roles stand. */
const OFFERS: Readonly<Record<string, RoleOffer>> = {
  valid: { session: SESSION, error: undefined, fetching: false },
  failing: { session: undefined, error: new CodedError('StsAccessDenied', 'x'.repeat(1000)), fetching: false },
  fetching: { session: undefined, error: undefined, fetching: true },
};

export interface Sidecar {
  /** One request on a connection of its own; resolves when it is answered, or is not going to be (status 0). */
  readonly ask: (input: RequestInput) => Promise<{ readonly status: number }>;
}

export async function startSidecar(): Promise<Sidecar> {
  let state = 'valid';
  const refresher = (role: string): RoleRefresher => ({
    role,
    start: () => undefined,
    stop: () => undefined,
    offer: () => OFFERS[state] ?? OFFERS.valid!,
    requestRefresh: () => undefined,
    fetchSettled: () => new Promise(() => undefined),
  });
  const refreshers = new Map(NAMES.map((name) => [name, refresher(name)]));
  const metrics = makeMetrics(
    () => 0,
    () =>
      NAMES.map((role) => ({
        role,
        ready: state === 'valid',
        code: state === 'failing' ? 'StsAccessDenied' : undefined,
      })),
  );
  const clock = makeAwsClock(systemClock);
  const tokens = new Map(NAMES.map((name, index) => [name, { token: index === 0 ? TOKEN : `${TOKEN}${index}` }]));
  const responder = makeResponder({
    refreshers,
    clock,
    onAnswer: ({ status }) => metrics.answered(status),
  });
  responder.open({ port: 28_173, ...digestTokens(tokens), accountIDs: new Map() });
  const servers = {
    credentials: makeServer(responder, (error) => {
      throw error;
    }),
    health: makeHealthServer({
      ...{ plans: PLANS, refreshers, metrics, clock },
      ports: { credentials: 28_173, health: 28_174 },
      state: { problem: () => undefined },
    }),
  };
  for (const server of Object.values(servers)) await listen(server, '127.0.0.1', 0);
  return {
    ask: (input) => {
      state = String(input.state);
      return exchange((servers[input.port].server.address() as AddressInfo).port, bytesOf(input));
    },
  };
}

/** A server that waits for more than it was sent will not answer: nothing more is spent on it then. */
const NO_ANSWER_MS = 100;

function exchange(port: number, bytes: Buffer): Promise<{ readonly status: number }> {
  return new Promise((resolve) => {
    let head = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const end = (): void => {
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0) });
    };
    let left = Infinity;
    socket.setTimeout(NO_ANSWER_MS, end);
    socket.on('close', end).on('error', end);
    socket.on('data', (chunk: Buffer) => {
      if (left === Infinity) {
        head += chunk.toString('latin1');
        const at = head.indexOf('\r\n\r\n');
        if (at < 0) return;
        left = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Infinity) - (head.length - at - 4);
      } else left -= chunk.length;
      if (left <= 0) end();
    });
  });
}
