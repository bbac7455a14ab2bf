import { CodedError, type Logger } from '@rolechain/shared';
import { join } from 'node:path';
import type { Files } from '../model/files.ts';
import type { RolePlan } from '../model/plan.ts';
import { makeStateWriter } from './state-writer.ts';
import { readState } from './state-file.ts';
import { verdict } from './verdict.ts';
import { makeSession } from '../testing/sessions.ts';
import { makeSimClock } from '../testing/sim-clock.ts';
import { makeTempFolder, type TempFolder } from '../testing/temp-folder.ts';

let folder: TempFolder;
beforeEach(() => (folder = makeTempFolder()));
afterEach(() => folder.remove());

test('after 30 s the pod starts, and the log names each role that it starts without', async () => {
  const clock = makeSimClock();
  const lines: unknown[] = [];
  const logger = { warn: (fields: object, text: string) => lines.push({ ...fields, text }) } as unknown as Logger;
  const files = { stateFolder: folder.path, state: join(folder.path, 'state.json') } as Files;
  const plans = ['default', 'audit', 'must'].map((name): RolePlan => {
    return { name, startup: name === 'must' ? 'require' : 'proceed', hops: [] };
  });
  const state = makeStateWriter({ plans, files, clock, logger });
  state.listening();
  state.watchGate();
  const passed = (): boolean | undefined => {
    const saved = readState(files.state);
    return saved && verdict(saved, clock.now()).passed;
  };
  state.fetched({ role: 'audit', failures: 1, nextAt: 0, error: new CodedError('AgentNoAssociation') });
  state.fetched({ role: 'default', failures: 0, nextAt: 0, session: makeSession(clock.now(), 60) });
  await clock.advance(29_999);
  expect([lines, passed()]).toEqual([[], false]);
  await clock.advance(1);
  expect(lines).toMatchObject([
    { role: 'audit', code: 'AgentNoAssociation', text: 'start goes on without credentials' },
    { role: 'must', code: 'NotReady', text: 'start is held: no credentials' },
  ]);
  expect(passed()).toBe(false);
  state.fetched({ role: 'must', failures: 0, nextAt: 0, session: makeSession(clock.now(), 60) });
  expect(passed()).toBe(true);
});
