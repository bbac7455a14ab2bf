/** The fault matrix on the real process: the agent and the token file, and what three SDKs saw of it. */
import { writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS } from '@rolechain/shared';
import type { Fault as Answer } from '../doubles/faults.ts';
import { ACCOUNT, BASE } from '../sidecar/bench.ts';
import { silent, startFront } from './front.ts';
import { testRows, type Fault } from './play.ts';
import { MENDED_GOAL_MS } from './table.ts';
import { makeToken, type World } from './world.ts';

/** A refresh comes after half of it; the fault outlives the session where the sidecar needs the base identity for it. */
const SHORT = { sessionSeconds: 6, lastsMs: 8_000 };

const answers = (fault: string, error: Answer): Fault => ({
  fault,
  ...SHORT,
  begin: ({ agent }) => agent.failWhen(() => error),
  end: ({ agent }) => agent.heal(),
});

const cold = (fault: Fault): Fault => ({
  ...fault,
  fault: `${fault.fault}, from the start on`,
  sessionSeconds: 3600,
  lastsMs: 4_000,
  cold: true,
});

const THROTTLED = answers('agent answers 429', { status: 429, code: '', message: 'Too Many Requests' });
const FAILED = answers('agent answers 500', {
  status: 500,
  code: 'InternalServerException',
  message: 'Internal failure',
});
const HANGS: Fault = {
  fault: 'agent accepts and is silent',
  ...SHORT,
  begin: ({ agentFront }) => agentFront.breakWith(silent),
  end: ({ agentFront }) => agentFront.breakWith(undefined),
};

const restarted: Fault = {
  fault: 'agent restarted: its port gone, then back',
  ...SHORT,
  begin: ({ agentFront }) => agentFront.close(),
  end: async ({ agent, agentFront, onEnd }) => {
    const back = await startFront(agent.port, { port: agentFront.port });
    onEnd(back.close);
  },
};

const UNKNOWN: Fault = {
  fault: 'no association yet (404)',
  lastsMs: 6_000,
  cold: true,
  goalMs: MENDED_GOAL_MS,
  begin: ({ agent }) => agent.dissociate(ACCOUNT.namespace, ACCOUNT.serviceAccount),
  end: ({ agent }) => agent.associate({ ...ACCOUNT, roleArn: BASE }),
};

const pathOfToken = ({ files }: World): string => join(files.root, PATHS.baseIdentity, PATHS.podIdentityToken);

const token = (fault: string, begin: (world: World) => void): Fault => ({
  fault,
  ...SHORT,
  begin,
  end: (world) => world.files.writeToken('podIdentityToken', world.token),
});

const MISSING = token('token file missing', (world) => rmSync(pathOfToken(world)));
const EMPTY = token('token file empty', (world) => writeFileSync(pathOfToken(world), ''));
const HALF = token('token file half-written', (world) =>
  writeFileSync(pathOfToken(world), world.token.slice(0, world.token.length / 2)),
);
const ROTATED: Fault = {
  ...token('token file rotated', ({ files }) => files.writeToken('podIdentityToken', makeToken())),
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
  cold(THROTTLED),
  cold(HANGS),
  cold(MISSING),
  cold(HALF),
]);
