import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, ERRORS } from '@rolechain/shared';
import { filesUnder } from '../model/files.ts';
import type { RolePlan } from '../model/plan.ts';
import { initialState, stateAfter } from './state-writer.ts';
import { processName, readState, writerRuns, writeState, type RoleState, type State } from './state-file.ts';
import { makeSession } from '../testing/sessions.ts';
import { makeTempFolder } from '../testing/temp-folder.ts';

const START = Date.parse('2026-11-22T12:00:00Z');
const DENIED = { code: 'StsAccessDenied', message: 'STS refused.', fix: 'Allow it.' };

function state(roles: Record<string, Partial<RoleState>>, change: Partial<State> = {}): State {
  const whole = Object.entries(roles).map(([name, role]) => [
    name,
    { ready: false, startup: 'proceed' as const, ...role },
  ]);
  return { version: 1, startedAt: START, process: '1/1', listening: true, roles: Object.fromEntries(whole), ...change };
}

describe('what fetches make of the state', () => {
  const plans = [{ name: 'default', startup: 'require' }] as unknown as RolePlan[];
  const first = initialState(plans, START, '1/1');
  const event = { role: 'default', failures: 1, nextAt: START };
  const session = makeSession(START, 60);
  const error = new CodedError('StsAccessDenied', 'It said so.');

  test('at first nothing is ready', () => {
    expect(first).toEqual(state({ default: { startup: 'require' } }, { listening: false }));
  });

  test('an error is told with its fix; a session makes the role ready, and a later error does not undo it', () => {
    const failed = stateAfter(first, { ...event, error });
    expect(failed.roles.default).toEqual({
      ready: false,
      startup: 'require',
      code: 'StsAccessDenied',
      message: error.message,
      fix: error.fix,
    });
    const good = stateAfter(failed, { ...event, session });
    expect(good.roles.default).toEqual({ ready: true, startup: 'require', endsAt: session.expiresAt });
    // By the node's clock, which is behind AWS's by a minute.
    expect(stateAfter(failed, { ...event, session }, 60_000).roles.default?.endsAt).toBe(session.expiresAt - 60_000);
    expect(stateAfter(good, { ...event, session, error }).roles.default).toMatchObject({
      ready: true,
      code: error.code,
    });
  });
});

test('an error is told in the words of its cause, and its own fix beside that of the code', () => {
  const plans = [{ name: 'default', startup: 'require' }] as unknown as RolePlan[];
  const request = (id: string): CodedError =>
    new CodedError('AgentRefused', `It answered 400: [${id}]: (AccessDenied): no.`, { fix: 'Ask Ann.' });
  const told = ['8d3f1c58-0a4e-4f6c-9b1e-8f2d7c6b5a40', '00000000-0a4e-4f6c-9b1e-8f2d7c6b5a41'].map(
    (id) =>
      stateAfter(initialState(plans, START, '1/1'), { role: 'default', failures: 1, nextAt: 0, error: request(id) })
        .roles.default,
  );
  expect(told[1]).toEqual(told[0]);
  expect(told[0]).toMatchObject({ fix: 'Ask Ann.', codeFix: ERRORS.AgentRefused.fix });
  expect(told[0]?.message).toMatch(/It answered 400: \(AccessDenied\): no\.$/);
});

describe('the file', () => {
  const folder = makeTempFolder();
  const files = filesUnder(folder.path);
  afterAll(() => folder.remove());

  test('is for its owner alone, and read as it was written', () => {
    const written = state({ default: DENIED });
    writeState(files, written);
    writeState(files, written);
    expect(readState(files.state)).toEqual(written);
    expect(statSync(files.state).mode & 0o777).toBe(0o600);
    expect(statSync(files.stateFolder).mode & 0o777).toBe(0o700);
    expect(files.state).toBe(join(folder.path, 'var/run/secrets/rolechain.io/.state/state.json'));
  });

  test.each(['', 'x', 'null', '{}', '{"version":2,"roles":{}}', '{"version":1}', '{"version":1,"roles":null}'])(
    'that holds %j is none',
    (content) => {
      expect(readState(folder.write('odd', content))).toBeUndefined();
    },
  );

  test('that is missing is none', () => {
    expect(readState(join(folder.path, 'none'))).toBeUndefined();
  });
});

describe('whose state it is', () => {
  test('that of this process, which runs', () => {
    expect(writerRuns(state({}, { process: processName(process.pid) }))).toBe(true);
  });

  test('not that of a process of the same id before it', () => {
    expect(writerRuns(state({}, { process: `${process.pid}/1` }))).toBe(false);
  });

  test('not that of one that has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    await once(child, 'spawn');
    const given = state({}, { process: processName(child.pid ?? 0) });
    expect(writerRuns(given)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(writerRuns(given)).toBe(false);
  });
});

test('outside a root, paths are those of the pod', () => {
  expect(filesUnder('')).toMatchObject({
    tokens: '/var/run/secrets/rolechain.io',
    podIdentityToken: '/var/run/rolechain/base-identity/pods.eks.amazonaws.com/token',
    irsaToken: '/var/run/rolechain/base-identity/sts.amazonaws.com/token',
    environment: '/var/run/rolechain/environment',
  });
});
