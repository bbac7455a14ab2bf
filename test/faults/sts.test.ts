/** The fault matrix on the real process: what STS does, and what three SDKs saw of it. */
import type { ErrorCode } from '@rolechain/shared';
import type { ErrorFault } from '@rolechain/doubles/faults.ts';
import { trustRole } from '@rolechain/doubles/fixtures.ts';
import { ORDERS, OUTAGE } from '../sidecar/bench.ts';
import { answerWith, resetInBody, silent, type Breaker } from './front.ts';
import { logged, noErrors, testRows, type Fault } from './run.ts';
import { MENDED_GOAL_MS } from './table.ts';
import { TRUST } from './world.ts';

/** A refresh comes after half of it; the fault outlives the session, so that both halves of the goal are met. */
const SHORT = { sessionSeconds: 6, lastsMs: 8_000 };
/** Late, and just under and just over the 5 s that a call may take (sidecar/src/sts/assume-role.ts). */
const LATE_MS = 1_700;
const UNDER_TOTAL_MS = 4_700;
const OVER_TOTAL_MS = 5_300;

const answers = (fault: string, code: ErrorCode, error: ErrorFault): Fault => ({
  fault,
  reached: logged(code),
  ...SHORT,
  begin: ({ sts }) => sts.failWhen(() => error),
  end: ({ sts }) => sts.heal(),
});

function late(fault: string, delayMs: number): Fault {
  let met = 0;
  return {
    fault,
    ...SHORT,
    begin: ({ sts }) =>
      sts.failWhen(() => {
        met += 1;
        return { delayMs };
      }),
    end: ({ sts }) => sts.heal(),
    reached: () => expect(met).toBeGreaterThan(0),
  };
}

/** From each refresh on for a while: an even rhythm could miss the sidecar's own. */
function bursts(): Fault {
  const burstMs = 1_500;
  let bursts = 0;
  let burstEnds = 0;
  let nextBegins = 0;
  return {
    fault: 'STS answers 503 in bursts of 1.5 s, each refresh meets one',
    sessionSeconds: 16,
    lastsMs: 16_000,
    begin: ({ sts }) =>
      sts.failWhen(() => {
        const now = Date.now();
        if (now >= nextBegins) {
          bursts += 1;
          burstEnds = now + burstMs;
          nextBegins = burstEnds + 1_000;
        }
        return now < burstEnds ? OUTAGE : undefined;
      }),
    end: ({ sts }) => sts.heal(),
    reached: async (world) => {
      await logged('StsUnavailable')(world);
      expect(bursts).toBeGreaterThan(1);
    },
    // With half of 16 s left, a session outlives a burst, also where the machine is slow.
    then: noErrors,
  };
}

const breaks = (fault: string, code: ErrorCode, breaker: Breaker): Fault => ({
  fault,
  reached: logged(code),
  ...SHORT,
  begin: ({ stsFront }) => stsFront.breakWith(breaker),
  end: ({ stsFront }) => stsFront.breakWith(undefined),
});

const ENDED = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAENDEDENDEDENDED0</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>x</SessionToken>
<Expiration>2020-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const WITHOUT = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult/></AssumeRoleResponse>`;
const HUGE = `<AssumeRoleResponse><AssumeRoleResult>${'<x>nonsense</x>'.repeat(500_000)}</AssumeRoleResult></AssumeRoleResponse>`;

const FAULTS: readonly Fault[] = [
  answers('STS throttles (400 Throttling)', 'StsThrottled', {
    status: 400,
    code: 'Throttling',
    message: 'Rate exceeded',
  }),
  answers('STS answers 503', 'StsUnavailable', OUTAGE),
  bursts(),
  answers('STS answers 500', 'StsUnavailable', { status: 500, code: 'InternalFailure', message: 'Internal Failure' }),
  answers('base identity ended (ExpiredToken)', 'StsCredentialsExpired', {
    status: 403,
    code: 'ExpiredToken',
    message: 'The security token included in the request is expired',
  }),
  late('STS answers after 1.7 s', LATE_MS),
  { ...late('STS answers after 4.7 s', UNDER_TOTAL_MS), sessionSeconds: 20 },
  { ...late('STS answers after 5.3 s', OVER_TOTAL_MS), reached: logged('StsUnreachable') },
  breaks('STS accepts and is silent', 'StsUnreachable', silent),
  breaks('STS resets in the body', 'StsUnreachable', resetInBody),
  breaks(
    'STS answers HTML',
    'StsInvalidResponse',
    answerWith('<html><h1>Welcome to the guest network</h1></html>', 'text/html'),
  ),
  breaks('STS answers half of an XML', 'StsInvalidResponse', answerWith(WITHOUT.slice(0, 60))),
  breaks('STS answers 7.5 MB of XML', 'StsInvalidResponse', answerWith(HUGE)),
  breaks('STS answers without credentials', 'StsInvalidResponse', answerWith(WITHOUT)),
  breaks('STS answers ended credentials', 'StsInvalidResponse', answerWith(ENDED)),
  {
    fault: 'trust removed and restored',
    reached: logged('StsAccessDenied'),
    ...SHORT,
    goalMs: MENDED_GOAL_MS,
    begin: ({ sts }) => sts.setTrust(ORDERS, trustRole('arn:aws:iam::111111111111:role/other')),
    end: ({ sts }) => sts.setTrust(ORDERS, TRUST),
  },
  {
    ...answers('STS answers 503 from the start on', 'StsUnavailable', OUTAGE),
    lastsMs: 5_000,
    sessionSeconds: 3600,
    cold: true,
  },
  { ...breaks('STS silent from the start on', 'StsUnreachable', silent), sessionSeconds: 3600, cold: true },
];

testRows('STS', FAULTS);
