import fc from 'fast-check';
import { runs } from '@rolechain/kit/runs.ts';
import { bench, TOKEN } from '../testing/responder-bench.ts';
import { makeFollowUps } from './follow-ups.ts';

const JS = { host: '127.0.0.1', url: '/v1/credentials', method: 'GET', authorization: '', client: '\n' };
const GO = { ...JS, client: 'Go-http-client/1.1\n' };

test('one without a token that follows a refused one of the same client: as many as there were of these, within 5 s', () => {
  let now = 0;
  const { refused, follows } = makeFollowUps(() => now);
  expect(follows(JS)).toBeUndefined();
  refused(JS, 'StsAccessDenied');
  expect([follows(GO), follows({ ...JS, url: '/v1/credentials/audit' })]).toEqual([undefined, undefined]);
  expect([follows(JS), follows(JS)]).toEqual(['StsAccessDenied', undefined]);
  refused(JS, 'StsUnreachable');
  now += 5_001;
  expect(follows(JS)).toBeUndefined();
});

test('however many refused requests and clients: never more followers than refused ones, nor of another client', () => {
  const client = fc.integer({ min: 0, max: 60 }).map((n) => ({ ...JS, client: `agent ${n}` }));
  const step = fc.record({ client, refused: fc.boolean(), wait: fc.nat(3_000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let now = 0;
      const made = makeFollowUps(() => now);
      const refusals = new Map<string, number>();
      for (const { client: request, refused, wait } of steps) {
        now += wait;
        const before = refusals.get(request.client) ?? 0;
        if (refused) made.refused(request, 'StsAccessDenied');
        const followed = !refused && made.follows(request) !== undefined;
        expect(followed && before === 0).toBe(false);
        refusals.set(request.client, before + (refused ? 1 : followed ? -1 : 0));
      }
    }),
    { numRuns: runs(500) },
  );
});

test('such a request is told why the one before it was refused, and not to use another SDK; any other is', async () => {
  const { clock, responder, answers, refresher } = bench(0, 'StsAccessDenied');
  await clock.advance(60_000);
  const tell = async (request: typeof JS): Promise<string> => {
    const asked = Promise.resolve(responder.respond(request));
    // One with the token is held while the try that it brings about is under way.
    await clock.advance(1000);
    const { status, body } = await asked;
    return `${status} ${body.toString()}`;
  };
  for (let i = 0; i < 4; i++) expect(await tell({ ...JS, authorization: TOKEN })).toMatch(/^403 /);
  expect(await tell(JS)).toMatch(/^401 .*refused: StsAccessDenied\. Allow sts:AssumeRole/);
  for (let i = 0; i < 2; i++) expect(await tell(GO)).toMatch(/^401 .*Use an SDK/);
  const told = answers.map(({ status, follows }) => follows ?? status);
  expect(told).toEqual([403, 403, 403, 403, 'StsAccessDenied', 401, 401]);
  refresher.stop();
});
