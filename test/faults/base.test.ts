/** The fault matrix on the real process: the agent and the token file, and what three SDKs saw of it. */
import { writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS, type ErrorCode } from '@rolechain/shared';
import type { Fault as Answer } from '@rolechain/doubles/faults.ts';
import { ACCOUNT, BASE } from '../sidecar/bench.ts';
import { answerWith, silent, startFront, type Front } from './front.ts';
import { bridged, logged, noneFailed, testRows, type Fault } from './run.ts';
import { MENDED_GOAL_MS } from './table.ts';
import { makeToken, type World } from './world.ts';

/** A refresh comes after half of it; the fault outlives the session where the sidecar needs the base identity for it. */
const SHORT = { sessionSeconds: 6, lastsMs: 8_000 };

const answers = (fault: string, code: ErrorCode, error: Answer): Fault => ({
  fault,
  reached: bridged(code),
  then: noneFailed,
  ...SHORT,
  begin: ({ agent }) => agent.failWhen(() => error),
  end: ({ agent }) => agent.heal(),
});

/** With nothing kept there is nothing to bridge with. */
const cold = ({ then: _, ...fault }: Fault, code: ErrorCode): Fault => ({
  ...fault,
  reached: logged(code),
  fault: `${fault.fault}, from the start on`,
  sessionSeconds: 3600,
  lastsMs: 4_000,
  cold: true,
});

const THROTTLED = answers('agent answers 429', 'AgentThrottled', {
  status: 429,
  code: '',
  message: 'Too Many Requests',
});
const FAILED = answers('agent answers 500', 'AgentUnavailable', {
  status: 500,
  code: 'InternalServerException',
  message: 'Internal failure',
});
const HANGS: Fault = {
  fault: 'agent accepts and is silent',
  reached: bridged('AgentUnreachable'),
  then: noneFailed,
  ...SHORT,
  begin: ({ agentFront }) => agentFront.breakWith(silent),
  end: ({ agentFront }) => agentFront.breakWith(undefined),
};

/** An agent whose credentials last this long; below zero: have ended. */
function gives(fault: string, seconds: number, reached: Fault['reached']): Fault {
  return {
    fault,
    ...SHORT,
    begin: ({ sts, agentFront }) => {
      brokenSince.set(agentFront, Date.now());
      agentFront.breakWith((socket) => {
        const { accessKeyId, secretAccessKey, sessionToken } = sts.issue({ roleArn: BASE, sessionName: 'soon' });
        const Expiration = new Date(Date.now() + seconds * 1000).toISOString();
        const body = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration };
        answerWith(JSON.stringify(body), 'application/json')(socket);
      });
    },
    end: ({ agentFront }) => agentFront.breakWith(undefined),
    reached,
    then: noneFailed,
  };
}

const brokenSince = new Map<Front, number>();
const ENDED = gives('agent gives ended credentials', -60, bridged('AgentInvalidResponse'));
const soon = gives('agent gives credentials that end in 3 s', 3, ({ agentFront }) => {
  expect(agentFront.broken()).toBeGreaterThan(0);
  // An early refresh, and no flood: one a second at most, however long it lasts on this machine.
  const lasted = Date.now() - (brokenSince.get(agentFront) ?? NaN);
  expect(agentFront.broken()).toBeLessThanOrEqual(lasted / 1000 + 2);
});
/** Of a session of 6 s that is renewed by a base identity of 3 s a starved sidecar has none for a while: judged where it is not. */
const SOON: Fault = {
  ...soon,
  then: async (world) => {
    await noneFailed(world);
    expect((await world.sidecar().health(PATHS.readyz)).status).toBe(200);
  },
};

const restarted: Fault = {
  fault: 'agent restarted: its port gone, then back',
  reached: bridged('AgentUnreachable'),
  then: noneFailed,
  ...SHORT,
  begin: ({ agentFront }) => agentFront.close(),
  end: async ({ agent, agentFront, onEnd }) => {
    const back = await startFront(agent.port, { port: agentFront.port });
    onEnd(back.close);
  },
};

const UNKNOWN: Fault = {
  fault: 'no association yet (404)',
  reached: logged('AgentNoAssociation'),
  lastsMs: 6_000,
  cold: true,
  goalMs: MENDED_GOAL_MS,
  begin: ({ agent }) => agent.dissociate(ACCOUNT.namespace, ACCOUNT.serviceAccount),
  end: ({ agent }) => agent.associate({ ...ACCOUNT, roleArn: BASE }),
};

const pathOfToken = ({ files }: World): string => join(files.root, PATHS.baseIdentity, PATHS.podIdentityToken);

const token = (fault: string, reached: Fault['reached'], begin: (world: World) => void): Fault => ({
  fault,
  reached,
  then: noneFailed,
  ...SHORT,
  begin,
  end: (world) => world.files.writeToken('podIdentityToken', world.token),
});

function bothTokens({ agent }: World): void {
  expect(new Set(agent.requests.map(({ token }) => token)).size).toBe(2);
}

const MISSING = token('token file missing', bridged('BaseTokenUnreadable'), (world) => rmSync(pathOfToken(world)));
const EMPTY = token('token file empty', bridged('BaseTokenUnreadable'), (world) =>
  writeFileSync(pathOfToken(world), ''),
);
const HALF = token('token file half-written', bridged('BaseTokenMalformed'), (world) =>
  writeFileSync(pathOfToken(world), world.token.slice(0, world.token.length / 2)),
);
const ROTATED: Fault = {
  ...token('token file rotated', bothTokens, ({ files }) => files.writeToken('podIdentityToken', makeToken())),
  end: () => undefined,
};

testRows('base identity', [
  THROTTLED,
  FAILED,
  HANGS,
  restarted,
  MISSING,
  EMPTY,
  HALF,
  ROTATED,
  UNKNOWN,
  ENDED,
  SOON,
  cold(THROTTLED, 'AgentThrottled'),
  cold(HANGS, 'AgentUnreachable'),
  cold(MISSING, 'BaseTokenUnreadable'),
  cold(HALF, 'BaseTokenMalformed'),
]);
