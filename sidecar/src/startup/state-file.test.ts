import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, LIMITS } from '@rolechain/shared';
import { filesUnder } from '../model/files.ts';
import type { RolePlan } from '../model/plan.ts';
import { initialState, stateAfter } from './state-writer.ts';
import { processName, readState, verdict, writerRuns, writeState, type RoleState, type State } from './state-file.ts';
import { makeSession } from '../testing/sessions.ts';
import { makeTempFolder } from '../testing/temp-folder.ts';

const START = Date.parse('2026-11-22T12:00:00Z');
const PATIENCE = LIMITS.startupSeconds * 1000;
const DENIED = { code: 'StsAccessDenied', message: 'STS refused.', fix: 'Allow it.' };

function state(roles: Record<string, Partial<RoleState>>, change: Partial<State> = {}): State {
  const whole = Object.entries(roles).map(([name, role]) => [
    name,
    { ready: false, startup: 'proceed' as const, ...role },
  ]);
  return { version: 1, startedAt: START, process: '1/1', listening: true, roles: Object.fromEntries(whole), ...change };
}

describe('the verdict', () => {
  test.each<[string, State, number, boolean, string]>([
    ['all ready', state({ a: { ready: true }, b: { ready: true } }), 0, true, 'every role has credentials'],
    ['ready but not listening', state({ a: { ready: true } }, { listening: false }), 0, false, 'does not listen'],
    [
      'not listening, long after',
      state({ a: { ready: true } }, { listening: false }),
      PATIENCE,
      true,
      'started without: the credentials endpoint does not listen',
    ],
    [
      'not listening, long after, with a role that requires it',
      state({ a: { ready: true, startup: 'require' } }, { listening: false }),
      PATIENCE,
      false,
      'not listen',
    ],
    ['one missing', state({ a: { ready: true }, b: {} }), PATIENCE - 1, false, 'role b has no credentials yet'],
    ['one missing, patience over', state({ a: { ready: true }, b: {} }), PATIENCE, true, 'started without: role b'],
    ['one required', state({ a: { startup: 'require' } }), 100 * PATIENCE, false, 'role a has no'],
    ['one required and ready', state({ a: { startup: 'require', ready: true } }), 0, true, 'every role'],
    [
      'a required one and another',
      state({ a: { startup: 'require' }, b: {} }),
      PATIENCE,
      false,
      'role a has no credentials yet',
    ],
    ['a clock that was set back', state({ a: {} }), -3_600_000, true, 'started without: role a'],
    ['a clock set back, one required', state({ a: { startup: 'require' } }), -3_600_000, false, 'role a has no'],
  ])('%s', (_name, given, waited, passed, text) => {
    expect(verdict(given, START + waited)).toEqual({ passed, text: expect.stringContaining(text) });
  });

  test('the text names role, code, cause and fix', () => {
    expect(verdict(state({ default: DENIED }), START).text).toBe(
      'role default has no credentials yet: StsAccessDenied: STS refused. Allow it.',
    );
    const problem = { code: 'ListenFailed', message: 'No port.', fix: 'Move.' };
    expect(verdict(state({}, { listening: false, problem }), START).text).toBe(
      'the credentials endpoint does not listen: ListenFailed: No port. Move.',
    );
  });
});

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
    expect(good.roles.default).toEqual({ ready: true, startup: 'require' });
    expect(stateAfter(good, { ...event, session, error }).roles.default).toMatchObject({
      ready: true,
      code: error.code,
    });
  });
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
