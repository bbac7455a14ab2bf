import fc from 'fast-check';
import { runs } from '@rolechain/kit/runs.ts';
import { timesAsMuch } from '@rolechain/kit/cost.ts';
import { oneLine, steadyText } from './text.ts';

const TOKEN = `eyJ${'h'.repeat(30)}.${'p'.repeat(300)}.${'s'.repeat(300)}`;

test('one line, short, without tokens', () => {
  expect(oneLine(` not\r\n allowed\t: ${TOKEN}!  `, 200)).toBe('not allowed : <token>!');
  expect(oneLine('x'.repeat(100), 10)).toBe('xxxxxxx...');
});

test('a token is left out also where the text is cut within it', () => {
  for (let before = 0; before < 1700; before += 50) {
    expect(oneLine(`${' '.repeat(before)}${TOKEN}`, 100)).toMatch(/^(?:<token>|eyJh{0,30})?$/);
  }
});

test('beginnings of tokens without an end', () => {
  const honest = 'User is not authorized to perform sts:AssumeRole '.repeat(100);
  const some = (text: string) => () => Array.from({ length: 20 }, () => oneLine(text, 300));
  // By the square of the text they took 10 s each.
  expect(timesAsMuch(some(honest), some('eyJ-'.repeat(50_000)), 200)).toBeLessThan(200);
});

describe('what differs from one answer to the next', () => {
  const uuid = fc.uuid();
  const moment = fc
    .date({ min: new Date('2020-01-01T00:00:00Z'), max: new Date('2040-01-01T00:00:00Z'), noInvalidDate: true })
    .map((date) => date.toISOString().replace(/[-:]|\.\d+/g, ''));
  const seconds = fc.integer({ min: 1_000_000_000, max: 9_999_999_999 });
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const ROLE = 'arn:aws:iam::222222222222:role/build-1234567890/3f2b8c1e-0000-4000-8000-123456789012';
  const answers = fc
    .tuple(uuid, moment, seconds, address, fc.integer({ min: 1, max: 4000 }))
    .map(([id, at, unix, ip, ms]) => [
      `It answered 403: [${id}]: (AccessDeniedException): Unauthorized, fault: client.`,
      `operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: 404, RequestID: ${id}, ResourceNotFoundException: none.`,
      `AccessDenied: no. (Service: Sts; Status Code: 403; Request ID: ${id})`,
      `AssumeRole ${ROLE} (eu-central-1): AccessDenied: User: arn:aws:sts::111111111111:assumed-role/base/eks-shop-orders-1-${id} is not authorized to perform: sts:AssumeRole on resource: ${ROLE}.`,
      `SignatureDoesNotMatch: Signature expired: ${at} is now earlier than ${at} (${at} - 15 min.).`,
      `ExpiredTokenException: Token expired: current date/time ${unix} must be before the expiration date/time${unix}.`,
      `The agent: token is expired by ${Math.floor(ms / 60)}m${ms % 60}.${ms}s.`,
      `sts.eu-central-1.amazonaws.com: ECONNREFUSED (${ip}).`,
    ]);

  test('is not in the words of an event', () => {
    fc.assert(
      fc.property(answers, answers, (one, other) => {
        expect(one.map(steadyText)).toEqual(other.map(steadyText));
        expect(one.map(steadyText).map(steadyText)).toEqual(one.map(steadyText));
      }),
      { numRuns: runs(500) },
    );
  });

  test('nor what a hint says again of a refusal', () => {
    const refused = `User: arn:aws:sts::111111111111:assumed-role/base/orders is not authorized to perform: sts:AssumeRole on resource: ${ROLE}.`;
    for (const lead of ['Missing', 'Not allowed']) {
      const hint = (on: string): string => `${lead}: sts:AssumeRole${on} for arn:aws:iam::111111111111:role/base.`;
      expect(steadyText(`AccessDenied: ${refused} ${hint(` on ${ROLE}`)}`)).toBe(`AccessDenied: ${hint('')}`);
    }
  });

  test('all else is: roles, accounts, Regions, codes', () => {
    const texts = [
      `AssumeRole ${ROLE} (eu-central-1), hop 1 of 2: AccessDenied: User: arn:aws:sts::111111111111:assumed-role/base/orders is not authorized.`,
      `AccessDenied: User: arn:aws:sts::111111111111:assumed-role/base/orders is not authorized to perform: sts:AssumeRole on resource: ${ROLE} with an explicit deny.`,
      'STS throttles requests of this AWS account. It answered 429: (ThrottlingException): Rate exceeded.',
      '10.0.0.7 port 28173: EADDRINUSE.',
    ];
    expect(texts.map(steadyText)).toEqual(texts);
  });
});

test('texts that look like what differs cost no more than others', () => {
  const honest = 'User is not authorized to perform sts:AssumeRole '.repeat(100);
  const some = (text: string) => () => Array.from({ length: 20 }, () => steadyText(text));
  for (const unit of [
    'User: a is not authorized to perform: sts:A on resource: a. Missing: sts:A on a ',
    'User: ',
    ':assumed-role/',
    ':assumed-role/a/a',
    'request id',
    ' (:',
    '12345678-1234-',
    'expired by 1',
  ])
    expect(timesAsMuch(some(honest), some(unit.repeat(5000)), 200)).toBeLessThan(200);
});
