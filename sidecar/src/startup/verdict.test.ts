import fc from 'fast-check';
import { ERRORS, LIMITS } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import type { RoleState, State, StateProblem } from './state-file.ts';
import { lacksText, readiness, verdict } from './verdict.ts';

const START = Date.parse('2026-11-22T12:00:00Z');
const PATIENCE = LIMITS.startupSeconds * 1000;
const DENIED = { code: 'StsAccessDenied', message: 'STS refused.', fix: 'Allow it.' };
const TAKEN = { code: 'ListenFailed', message: 'No port.', fix: 'Move.' };

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
    ['ready but not listening', state({ a: { ready: true } }, { listening: false }), 0, false, 'it opens its port'],
    [
      'ready but not listening, for a reason',
      state({ a: { ready: true } }, { listening: false, problem: TAKEN }),
      0,
      false,
      'the credentials endpoint does not listen: ListenFailed: No port. Move.',
    ],
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
    ['one missing', state({ a: { ready: true }, b: {} }), PATIENCE - 1, false, 'the first credentials of role b'],
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
    expect(verdict(given, START + waited)).toMatchObject({ passed, text: expect.stringContaining(text) });
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

describe('a moment', () => {
  test.each<[string, State, boolean]>([
    ['no port and no credentials yet', state({ a: {} }, { listening: false }), true],
    ['no port yet', state({ a: { ready: true } }, { listening: false }), true],
    ['no credentials yet', state({ a: {}, b: { ready: true } }), true],
    ['one role of two with an error', state({ a: {}, b: DENIED }), false],
    ['a port that is taken', state({ a: {} }, { listening: false, problem: TAKEN }), false],
    ['every role', state({ a: { ready: true } }), false],
    ['no credentials after a while', state({ a: { startup: 'require' } }, { startedAt: START - PATIENCE }), false],
  ])('is worth waiting while nothing has gone wrong: %s', (_name, given, early) => {
    expect(verdict(given, START)).toMatchObject({ early });
    // What nobody has reason to wait for is told as what it is.
    if (early) expect(verdict(given, START).text).toMatch(/^rolechain is starting, without an error so far: it /);
  });

  test('a role that failed is told before a port that has only just been asked for', () => {
    expect(verdict(state({ a: DENIED }, { listening: false }), START).text).toBe(
      'role a has no credentials yet: StsAccessDenied: STS refused. Allow it.',
    );
  });
});

describe('readiness', () => {
  const ready = { ready: true, endsAt: START + 1 };
  test.each<[string, State, boolean, string]>([
    ['all valid', state({ a: ready, b: { ...ready, startup: 'require' } }), true, 'every role has credentials'],
    ['valid, and the last fetch failed', state({ a: { ...ready, ...DENIED } }), true, 'every role has credentials'],
    [
      'ended',
      state({ a: ready, b: { ...ready, ...DENIED, endsAt: START } }),
      false,
      'role b has no valid credentials: StsAccessDenied: STS refused. Allow it.',
    ],
    ['none yet', state({ a: {} }), false, 'role a has no valid credentials'],
    [
      'the port taken',
      state({ a: ready }, { listening: false, problem: TAKEN }),
      false,
      'the credentials endpoint does not listen: ListenFailed: No port. Move.',
    ],
  ])('%s', (_name, given, passed, text) => {
    expect(readiness(given, START)).toEqual({ passed, text, early: false });
  });
});

describe('the line of an event', () => {
  const lack = (role: string, problem?: StateProblem) => ({ role, problem });

  test('roles with the same problem are told together', () => {
    expect(lacksText([lack('a', DENIED), lack('b', TAKEN), lack('c', DENIED), lack('d')])).toBe(
      'roles a, c have no credentials yet: StsAccessDenied: STS refused. Allow it. | role b has no credentials yet: ' +
        'ListenFailed: No port. Move. | role d has no credentials yet',
    );
  });

  test('of a long one the fix is whole, and other problems are told by their codes', () => {
    const long = { ...DENIED, message: `STS refused. ${'x'.repeat(2000)}`, fix: `Allow ${'y'.repeat(600)}.` };
    const text = lacksText([lack('a', long), lack('b', { ...TAKEN, message: 'z'.repeat(500) })]);
    expect(text).toMatch(
      /^role a has no credentials yet: StsAccessDenied: STS refused\. x+\.\.\. Allow y{600}\. \| role b: ListenFailed$/,
    );
  });

  test('the cut is within the limit, others included, and never within a character', () => {
    for (let shift = 0; shift < 4; shift++) {
      const message = `${'x'.repeat(shift)}${'ü😀'.repeat(1000)}`;
      const text = lacksText([lack('a', { ...DENIED, message }), lack('b', TAKEN)]);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(960);
      expect(text).toMatch(/[ü😀]\.\.\. Allow it\. \| role b: ListenFailed$/u);
    }
  });

  test('a fix of this case that leaves no room for what happened gives way to that of the code', () => {
    const long = { ...DENIED, fix: 'y'.repeat(900), codeFix: 'Allow.' };
    expect(lacksText([lack('a', long)])).toBe('role a has no credentials yet: StsAccessDenied: STS refused. Allow.');
    expect(lacksText([lack('a', { ...long, fix: 'y'.repeat(800) })])).toMatch(/STS refused\. y{800}$/);
  });

  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  const code = fc.constantFrom(...Object.keys(ERRORS));
  const fixOf = (given: string): string => ERRORS[given as keyof typeof ERRORS].fix;
  const problem = fc
    .tuple(
      code,
      fc.string({ maxLength: 900, unit: 'grapheme' }).map((text) => text.replaceAll('\uFFFD', '')),
      fc.string({ minLength: 1, maxLength: 2000, unit: 'grapheme-ascii' }),
      fc.boolean(),
    )
    .map(([given, message, fix, own]): StateProblem => {
      return own ? { code: given, message, fix, codeFix: fixOf(given) } : { code: given, message, fix: fixOf(given) };
    });
  const lacks = fc.array(fc.record({ role: label, problem: fc.option(problem, { nil: undefined }) }), {
    minLength: 1,
    maxLength: 32,
  });

  test('whatever is missing: within what the kubelet takes, with the first code and one fix of it whole', () => {
    fc.assert(
      fc.property(lacks, (all) => {
        const text = lacksText(all);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 - 'Startup probe failed: \n'.length - 40);
        expect(text).not.toContain('\uFFFD');
        expect(text).toContain(all[0]?.role);
        const first = all[0]?.problem;
        if (first === undefined) return;
        expect(text).toContain(`: ${first.code}: `);
        expect([first.fix, first.codeFix ?? first.fix].some((fix) => text.includes(fix))).toBe(true);
      }),
      { numRuns: runs(2_000) },
    );
  });
});
