import { CodedError, ERROR_GROUPS, ERRORS, errorEntry, type ErrorCode } from './errors.ts';

const ALL = Object.entries(ERRORS);

test('no code stands in two groups, and the groups hold all of them', () => {
  const codes = Object.values(ERROR_GROUPS).flatMap((group) => Object.keys(group));
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.toSorted()).toEqual(Object.keys(ERRORS).toSorted());
});

test.each(ALL)('%s says in sentences what happened and what to do', (code, { text, fix }) => {
  expect(code).toMatch(/^[A-Z][A-Za-z]+$/);
  for (const sentence of [text, fix]) expect(sentence).toMatch(/^[A-Z0-9`][^\n]{3,200}[.]$/u);
});

test.each(Object.entries(ERROR_GROUPS['Credentials that are not available'] ?? {}))(
  '%s is 503 when it may pass by itself, else a status after which SDKs stop',
  (_code, { status }) => expect([400, 403, 503]).toContain(status),
);

test('503 alone may pass by itself', () => {
  for (const [code, { status }] of ALL) {
    expect(new CodedError(code as ErrorCode).terminal).toBe(status !== 503);
  }
});

test('an error carries code, fix, the case and its cause', () => {
  const cause = new Error('why');
  const error = new CodedError('StsAccessDenied', 'It is role x.', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe('CodedError');
  expect(error.code).toBe('StsAccessDenied');
  expect(error.message).toBe(`${ERRORS.StsAccessDenied.text} It is role x.`);
  expect(error.fix).toBe(ERRORS.StsAccessDenied.fix);
  expect(error.cause).toBe(cause);
  expect(new CodedError('NotReady').message).toBe(ERRORS.NotReady.text);
});

test('an entry is found by its code', () => {
  expect(errorEntry('NotReady')).toBe(ERRORS.NotReady);
});
