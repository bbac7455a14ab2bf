import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeGarbageCollector, type GarbageCollector } from './garbage-collection.ts';

/** Timers that run when the test says so. */
function bench(): { garbage: GarbageCollector; collections: () => number; pass: () => void; planned: () => number } {
  let collections = 0;
  const timers = new Set<() => void>();
  const setTimer = (_ms: number, callback: () => void): (() => void) => {
    timers.add(callback);
    return () => void timers.delete(callback);
  };
  return {
    // A function each time, so that two timers are never one.
    garbage: makeGarbageCollector({ setTimer: (ms, f) => setTimer(ms, () => f()) }, () => collections++),
    collections: () => collections,
    planned: () => timers.size,
    pass: () => {
      const due = [...timers];
      timers.clear();
      for (const callback of due) callback();
    },
  };
}

test('what the start left is collected while the first fetch is still under way, and again behind it', () => {
  const { garbage, collections, pass } = bench();
  expect(collections()).toBe(0);
  pass();
  expect(collections()).toBe(1);
  garbage.fetched(true);
  pass();
  expect(collections()).toBe(2);
});

test('roles that refresh together are one collection, and it does not run at once', () => {
  const { garbage, collections, pass } = bench();
  for (let role = 0; role < 5; role++) garbage.fetched(true);
  expect(collections()).toBe(0);
  pass();
  expect(collections()).toBe(1);
  garbage.fetched(true);
  pass();
  expect(collections()).toBe(2);
});

test('the first fetch counts though it failed; later ones that fail do not', () => {
  const { garbage, collections, pass, planned } = bench();
  garbage.fetched(false);
  pass();
  expect(collections()).toBe(1);
  garbage.fetched(false);
  expect(planned()).toBe(0);
});

test('nothing is collected once it has been stopped', () => {
  const { garbage, planned } = bench();
  garbage.fetched(true);
  garbage.stop();
  expect(planned()).toBe(0);
});

// In a process of its own: jest's workers change V8's flags for other tests.
const FLAGS_SCRIPT = `
  import { setFlagsFromString } from 'node:v8';
  import { Script } from 'node:vm';
  import { collectGarbage } from ${JSON.stringify(new URL('garbage-collection.ts', pathToFileURL(__filename)).href)};
  const source = 'function one() { return 1; } one();';
  const cachedData = new Script(source).createCachedData();
  // Under a new name each time: V8 would take the script that it has.
  const rejected = (filename) => new Script(source, { filename, cachedData }).cachedDataRejected;
  collectGarbage();
  const after = rejected('after');
  setFlagsFromString('--expose-gc');
  console.log(JSON.stringify({ after, underAnotherFlag: rejected('under another flag') }));
`;

test("V8's flags are afterwards what they were: it takes a code cache made before", () => {
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', FLAGS_SCRIPT], { encoding: 'utf8' });
  expect(JSON.parse(out)).toEqual({ after: false, underAnotherFlag: true });
});

/** What V8 says of a program that gets hot and leaves garbage in many turns. */
function traced(prepare: string): { optimised: number; scavenges: number } {
  const program = `
    const { spareMemory } = require(${JSON.stringify(join(import.meta.dirname, 'garbage-collection.ts'))});
    ${prepare};
    const hot = (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += i % 7; return sum; };
    let turns = 0;
    const turn = () => { hot(20_000); new Array(4_000).fill(turns); if (turns++ < 500) setImmediate(turn); };
    turn();`;
  // Optimised on the program's own thread: another one's work may come after the end of so short a program.
  const flags = ['--trace-opt', '--trace-gc', '--max-semi-space-size=1', '--no-concurrent-recompilation'];
  const { stdout, status } = spawnSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8' });
  expect(status).toBe(0);
  const count = (what: RegExp): number => stdout.match(what)?.length ?? 0;
  return { optimised: count(/completed compiling \S+ <JSFunction (hot|turn) /g), scavenges: count(/Scavenge/g) };
}

test('with memory spared, nothing is optimised, and the young generation is collected more often', () => {
  const [usual, spared] = [traced(''), traced('spareMemory()')];
  expect(usual.optimised).toBeGreaterThan(0);
  expect(spared.optimised).toBe(0);
  expect(spared.scavenges).toBeGreaterThan(1.5 * usual.scavenges);
});
