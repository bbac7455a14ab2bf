import { CodedError, ERRORS } from './errors.ts';
import { errorFields, makeLogger } from './logger.ts';

test('a coded error is logged with code, message and fix', () => {
  expect(errorFields(new CodedError('NotReady', 'Role x.'))).toEqual({
    code: 'NotReady',
    error: `${ERRORS.NotReady.text} Role x.`,
    fix: ERRORS.NotReady.fix,
  });
});

test('of any other error only name and message are logged, of anything else nothing', () => {
  const error = Object.assign(new TypeError('odd'), { secret: 's3cret' });
  expect(errorFields(error)).toEqual({ code: 'InternalError', error: 'TypeError: odd' });
  expect(JSON.stringify(errorFields('s3cret'))).not.toContain('s3cret');
});

test.each([
  ['debug', 'debug'],
  ['silent', 'silent'],
  ['fatal', 'info'],
  ['', 'info'],
  [undefined, 'info'],
])('the level %j is %s', (asked, level) => expect(makeLogger('test', asked).level).toBe(level));
