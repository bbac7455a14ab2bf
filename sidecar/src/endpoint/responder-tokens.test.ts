/** How the responder treats tokens: not written yet, replaced, and of a role that asks without end. */
import { CodedError, credentialsPath, LIMITS } from '@rolechain/shared';
import { makeRoleRefresher } from '../refresh/role-refresher.ts';
import { makeResponder } from './responder.ts';
import {
  newEndpointConfig,
  endpointConfigOf,
  OLD_TOKEN,
  REQUEST,
  shutBench,
  TOKEN,
} from '../testing/responder-bench.ts';
import { makeSimClock } from '../testing/sim-clock.ts';
import { makeScript } from '../testing/sts-script.ts';

describe('until the tokens are written', () => {
  test.each([
    ['the new token', TOKEN, { status: 200, code: undefined, afterMs: 300 }],
    ['the old one', OLD_TOKEN, { status: 503, code: 'TokenReplaced', afterMs: 800 }],
    ['another one', 'x', { status: 401, code: 'TokenUnknown', afterMs: 300 }],
    ['none', '', { status: 401, code: 'TokenMissing', afterMs: 300 }],
  ])('no answer; then that to a request with %s', async (_name, authorization, answer) => {
    const { clock, responder, refresher, ask } = shutBench(0, 60);
    const asked = ask({ authorization });
    await clock.advance(300);
    expect(asked.answer).toBeUndefined();
    expect(responder.held()).toBe(1);
    responder.open(newEndpointConfig());
    await clock.advance(500);
    expect(asked.answer).toEqual(answer);
    expect(responder.held()).toBe(0);
    refresher.stop();
  });

  test('a request that came before and must wait for its fetch is held no longer than any other', async () => {
    const { clock, responder, refresher, ask } = shutBench(60_000, 60);
    const asked = ask();
    await clock.advance(300);
    responder.open(newEndpointConfig());
    await clock.advance(500);
    expect(asked.answer).toEqual({ status: 503, code: 'NotReady', afterMs: 800 });
    refresher.stop();
  });

  test('they cannot be written: 503 with the reason, with whatever token, and no credentials', async () => {
    const { clock, responder, refresher, ask } = shutBench(0, 60);
    responder.shut(new CodedError('TokenUnwritable'));
    const all = [TOKEN, OLD_TOKEN, 'x', ''].map((authorization) => ask({ authorization }));
    await clock.advance(800);
    for (const { answer } of all) expect(answer).toEqual({ status: 503, code: 'TokenUnwritable', afterMs: 800 });
    refresher.stop();
  });

  test('a request with a body does not wait for them, nor as one with an old token', async () => {
    const { clock, responder, refresher, ask } = shutBench(0, 60);
    const early = ask({ hasBody: true });
    responder.open(newEndpointConfig());
    const late = ask({ hasBody: true, authorization: OLD_TOKEN });
    expect(responder.held()).toBe(0);
    await clock.advance(0);
    expect(early.answer).toEqual({ status: 503, code: 'NotReady', afterMs: 0 });
    expect(late.answer).toEqual({ status: 503, code: 'TokenReplaced', afterMs: 0 });
    refresher.stop();
  });

  test('no more wait than may be held', async () => {
    const { clock, responder, refresher, ask } = shutBench(0, 60);
    const all = Array.from({ length: LIMITS.heldRequests + 1 }, () => ask());
    await clock.advance(0);
    expect(responder.held()).toBe(LIMITS.heldRequests);
    expect(all.at(-1)?.answer).toMatchObject({ status: 503, code: 'TooManyRequests' });
    responder.close();
    await clock.advance(0);
    expect(responder.held()).toBe(0);
    refresher.stop();
  });
});

describe('a token that was replaced', () => {
  test('for a minute it is held, then told so, and brings no fetch; after that it is unknown', async () => {
    const { clock, responder, refresher, script, ask } = shutBench(0, 'StsUnreachable');
    responder.open(newEndpointConfig());
    const seen: string[] = [];
    for (let i = 0; i < 75; i++) {
      const asked = ask({ authorization: OLD_TOKEN });
      const fetches = script.began.length;
      await clock.advance(0);
      expect(script.began.length).toBe(fetches);
      await clock.advance(1000);
      seen.push(`${asked.answer?.status} ${asked.answer?.code} ${asked.answer?.afterMs}`);
    }
    expect(seen).toEqual([
      ...Array<string>(60).fill('503 TokenReplaced 800'),
      ...Array<string>(15).fill('401 TokenUnknown 0'),
    ]);
    refresher.stop();
  });

  test('held when the minute ends: never 401', async () => {
    const { clock, responder, refresher, ask } = shutBench(0, 60);
    responder.open(newEndpointConfig());
    await clock.advance(LIMITS.replacedTokenSeconds * 1000 - 1);
    const asked = ask({ authorization: OLD_TOKEN });
    await clock.advance(800);
    expect(asked.answer).toEqual({ status: 503, code: 'TokenReplaced', afterMs: 800 });
    refresher.stop();
  });

  test('anyone who has it takes no place from those who have the new one', async () => {
    const { clock, responder, refresher, ask } = shutBench(60_000, 60);
    responder.open(newEndpointConfig());
    const old = Array.from({ length: LIMITS.heldReplacedRequests + 1 }, () => ask({ authorization: OLD_TOKEN }));
    const fresh = Array.from({ length: LIMITS.heldRequests }, () => ask());
    await clock.advance(0);
    expect(old.at(-1)?.answer).toMatchObject({ status: 503, code: 'TooManyRequests' });
    expect(responder.held()).toBe(LIMITS.heldReplacedRequests + LIMITS.heldRequests);
    await clock.advance(800);
    expect(old.slice(0, -1).every(({ answer }) => answer?.code === 'TokenReplaced')).toBe(true);
    expect(fresh.every(({ answer }) => answer?.code === 'NotReady')).toBe(true);
    expect(responder.held()).toBe(0);
    refresher.stop();
  });
});

test('a role whose token asks without end leaves the others their places', async () => {
  const clock = makeSimClock();
  const roles = ['default', 'audit', 'export'];
  const refreshers = new Map(
    roles.map((role) => {
      const { fetch } = makeScript(clock, 60_000, 60);
      return [role, makeRoleRefresher({ role, fetch, clock, onFetched: () => undefined })];
    }),
  );
  const responder = makeResponder({ refreshers, clock });
  responder.open(endpointConfigOf(...roles));
  for (const refresher of refreshers.values()) refresher.start();
  const codes: string[] = [];
  const askAll = (role: string, count: number): void => {
    const request = { ...REQUEST, url: credentialsPath(role), authorization: `${role} token` };
    for (let i = 0; i < count; i++)
      void Promise.resolve(responder.respond(request)).then(({ code = '' }) => codes.push(`${role} ${code}`));
  };
  askAll('audit', 1000);
  askAll('export', 10);
  await clock.advance(0);
  expect(new Set(codes)).toEqual(new Set(['audit TooManyRequests']));
  expect(responder.held()).toBeLessThanOrEqual(LIMITS.heldRequests);
  await clock.advance(800);
  expect(codes.filter((code) => code === 'export NotReady')).toHaveLength(10);
  for (const refresher of refreshers.values()) refresher.stop();
});
