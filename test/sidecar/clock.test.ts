/** The sidecar on a node whose clock is wrong. STS and the agent keep right time, and STS looks at that of signatures (sigv4.ts). */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mayAssume, trustRole } from '@rolechain/doubles/fixtures.ts';
import {
  answerOf,
  askSessions,
  AUDIT,
  BASE,
  codeOf,
  EXTERNAL_ID,
  firstAnswer,
  hop,
  IRSA,
  ORDERS,
  OUTAGE,
  REGION,
  useBench,
  type Change,
} from './bench.ts';
import { shiftedClock, type ShiftedClock } from './clock-shift.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { Reply, RunningSidecar } from './harness.ts';

const bench = useBench();

/** What AWS's time is known to: STS says whole seconds, at some moment of a call that takes 5 s at most. */
const KNOWN_TO_MS = 6_000;

async function startOn(
  minutes: number,
  change: Change = {},
): Promise<{ sidecar: RunningSidecar; clock: ShiftedClock }> {
  const clock = shiftedClock(bench.files.root, minutes);
  return { sidecar: await bench.start({ ...change, env: { ...change.env, ...clock.env } }), clock };
}

/** Answers of STS so far. */
const answers = (): string[] => bench.sts.requests.map(({ answer }) => answer);
const end = ({ data }: Reply): number => Date.parse(String(data.Expiration));
const lines = (sidecar: RunningSidecar, message: string): Record<string, unknown>[] =>
  sidecar
    .output()
    .out.split('\n')
    .filter((line) => line.includes(`"message":"${message}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

interface Status {
  readonly clock: { readonly offsetSeconds?: number };
  readonly roles: { readonly default: { readonly secondsLeft?: number } };
}
const status = async (sidecar: RunningSidecar): Promise<Status> =>
  (await sidecar.health('/status')).data as unknown as Status;

/** STS refuses signatures over 15 minutes old or 5 ahead. */
const isRefused = (ahead: number): boolean => ahead > 5 || ahead < -15;
const ROWS = [-420, -50, -20, -10, 10, 20, 50, 420];

describe.each(ROWS)('%i minutes ahead', (ahead) => {
  test('the first fetch gives a session, signed again at once where that is needed; what is left is AWS’s', async () => {
    const { sidecar } = await startOn(ahead);
    const reply = await firstAnswer(sidecar);
    expect(codeOf(reply)).toBe('200');
    expect(answers()).toEqual(isRefused(ahead) ? ['SignatureDoesNotMatch', 'ok'] : ['ok']);
    const { body: metrics } = await sidecar.health('/metrics');
    expect(metrics.match(/^rolechain_refreshes_total.*$/gm)).toEqual([
      'rolechain_refreshes_total{role="default",result="ok"} 1',
    ]);

    // As STS gave it.
    expect(end(reply)).toBeGreaterThan((bench.sts.requests.at(-1)?.time ?? 0) + 3_599_000);
    expect(end(reply)).toBeLessThanOrEqual(Date.now() + 3_600_000);
    const before = Date.now();
    const { clock, roles } = await status(sidecar);
    const left = (roles.default.secondsLeft ?? NaN) * 1000;
    expect(left).toBeGreaterThan(end(reply) - Date.now() - KNOWN_TO_MS);
    expect(left).toBeLessThan(end(reply) - before + KNOWN_TO_MS);
    const offset = clock.offsetSeconds ?? NaN;
    expect(Math.abs(offset + ahead * 60)).toBeLessThanOrEqual(KNOWN_TO_MS / 1000);
    expect(metrics).toContain(`\nrolechain_clock_offset_seconds ${offset}\n`);
  });

  test('the plain SDK gets its session in the same world', async () => {
    const clock = shiftedClock(bench.files.root, ahead);
    const { accessKeyId, secretAccessKey, sessionToken } = bench.sts.issue({ roleArn: BASE, sessionName: 'plain' });
    const credentials = JSON.stringify({ accessKeyId, secretAccessKey, sessionToken });
    const program = join(import.meta.dirname, 'plain-sdk.mjs');
    const args = [program, bench.sts.url, REGION, credentials, ORDERS, EXTERNAL_ID];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: clock.env });
    expect(stdout).toMatch(/^ok /);
    expect(answers()).toEqual(isRefused(ahead) ? ['SignatureDoesNotMatch', 'ok'] : ['ok']);
  });

  test('web identity, which nobody signs, and a hop behind it: an end in AWS’s time all the way', async () => {
    const source = { type: 'irsa', roleARN: IRSA, stsRegion: REGION, token: { type: 'projected' } } as const;
    bench.sts.setRole({
      arn: ORDERS,
      trust: trustRole(IRSA, { externalId: EXTERNAL_ID }),
      permissions: mayAssume(AUDIT),
    });
    bench.sts.setTrust(AUDIT, trustRole(ORDERS));
    const hops = [hop(ORDERS, { externalID: EXTERNAL_ID }), hop(AUDIT)];
    const { sidecar } = await startOn(ahead, { roles: { default: { source, hops } } });
    expect(codeOf(await firstAnswer(sidecar))).toBe('200');
    // Its answer tells the time too: nothing is signed for a wrong one.
    expect(answers()).toEqual(['ok', 'ok', 'ok']);
  });
});

describe.each([50, -50])(
  '%i minutes ahead, sessions of 6 s (all rows, and SDKs that ask: test/faults/clock.test.ts)',
  (ahead) => {
    test('sessions are refreshed at their pace and never served past their end, also while STS is out; one warning', async () => {
      bench.sts.setSessionSeconds(6);
      const { sidecar } = await startOn(ahead);
      let last = await firstAnswer(sidecar);
      const keys = await askSessions(sidecar, 3, (reply) => {
        last = reply;
        expect(last.status).toBe(200);
        expect(end(last)).toBeGreaterThan(Date.now() - KNOWN_TO_MS);
      });
      // No more calls than sessions, and none signed for another time.
      const refused = isRefused(ahead) ? 1 : 0;
      expect(answers().filter((answer) => answer !== 'ok')).toHaveLength(refused);
      expect(answers().length - refused).toBeLessThanOrEqual(keys.size + 1);

      bench.sts.failWhen(() => OUTAGE);
      const seen: { reply: Reply; asked: number }[] = [];
      await eventually('its end', async () => {
        const asked = Date.now();
        const reply = await sidecar.ask();
        seen.push({ reply, asked });
        return reply.status === 503;
      });
      const served = seen.filter(({ reply }) => reply.status === 200);
      for (const { reply, asked } of served) expect(asked).toBeLessThan(end(reply) + KNOWN_TO_MS);
      const lastEnd = end(served.at(-1)?.reply ?? last);
      expect(Date.now()).toBeGreaterThan(lastEnd - KNOWN_TO_MS);

      const [warning, ...more] = lines(sidecar, "the node's clock is wrong");
      expect(more).toEqual([]);
      expect(warning).toMatchObject({
        level: 'warn',
        code: 'StsClockSkew',
        limitSeconds: 60,
        fix: expect.stringMatching(/NTP \(chrony\)/),
      });
    });
  },
);

test('26 hours ahead, which is not believed: a session of web identity is over when it comes, and the error names the clock', async () => {
  const source = { type: 'irsa', roleARN: IRSA, stsRegion: REGION, token: { type: 'projected' } } as const;
  const { sidecar } = await startOn(26 * 60, { roles: { default: { source, hops: [hop(ORDERS)] } } });
  const { status: code, data } = await answerOf(sidecar, 503);
  expect([code, data.Code]).toEqual([503, 'StsClockSkew']);
  expect(data.Message).toMatch(/The session in its answer ends at \S+Z, and its Date is \S+Z; here it is \S+Z\. .*NTP/);
  expect(new Set(answers())).toEqual(new Set(['ok']));
});

describe('a clock that jumps while the sidecar runs', () => {
  test.each([50, -50])(
    'by %i minutes: no request fails, no signature is refused, and the offset is learned',
    async (by) => {
      bench.sts.setSessionSeconds(6);
      const { sidecar, clock } = await startOn(0);
      await answerOf(sidecar, 200);
      clock.set(by);
      await askSessions(sidecar, 4, (reply) => {
        expect(codeOf(reply)).toBe('200');
        expect(end(reply)).toBeGreaterThan(Date.now() - KNOWN_TO_MS);
      });
      expect(new Set(answers())).toEqual(new Set(['ok']));
      const { offsetSeconds = NaN } = (await status(sidecar)).clock;
      expect(Math.abs(offsetSeconds + by * 60)).toBeLessThanOrEqual(KNOWN_TO_MS / 1000);
      clock.set(0);
      await eventually(
        'it says that the clock is right',
        () => lines(sidecar, "the node's clock is right again").length > 0,
      );
      expect(new Set(answers())).toEqual(new Set(['ok']));
    },
  );

  test.each([50, -50])('by %i minutes while STS is out: a session that is held is served on', async (by) => {
    const { sidecar, clock } = await startOn(0);
    const first = await answerOf(sidecar, 200);
    bench.sts.failWhen(() => OUTAGE);
    for (const minutes of [by, 0, -by, by]) {
      clock.set(minutes);
      const before = answers().length;
      const ask = async (): Promise<boolean> => {
        const reply = await sidecar.ask();
        expect(reply.data.AccessKeyId).toBe(first.data.AccessKeyId);
        return answers().length > before;
      };
      await eventually('it asks STS', ask, { isFatal: () => true });
    }
    const left = ((await status(sidecar)).roles.default.secondsLeft ?? NaN) * 1000;
    expect(Math.abs(left - (end(first) - Date.now()))).toBeLessThan(2 * KNOWN_TO_MS);
  });
});

describe('base credentials that end in half an hour, by AWS’s time', () => {
  test.each([50, -50])('of a credential_process, on a node %i minutes ahead', async (ahead) => {
    bench.sts.setSessionSeconds(6);
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = bench.sts.issue({
      roleArn: BASE,
      sessionName: 'process',
      durationSeconds: 1800,
    });
    const output = {
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
    };
    const text = JSON.stringify({ ...output, Expiration: expiration.toISOString() });
    bench.files.writeSecret('config', `[default]\ncredential_process = echo '${text}'\n`);
    const { sidecar } = await startOn(ahead, { roles: { default: { source: { type: 'environment' } } } });
    await firstAnswer(sidecar);
    await askSessions(sidecar, 3, (reply) => expect(codeOf(reply)).toBe('200'));
    const { body } = await sidecar.health('/metrics');
    expect(body).not.toMatch(/^rolechain_refreshes_total.*result="(?!ok)/m);
  });
});
