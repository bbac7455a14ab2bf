/** The settings by which an admin narrows what accounts may ask for, as they are read. */
import { IMAGE, parse, problemsOf } from '../testing/settings-text.ts';

test('a name that is left out of allowedServiceAccounts is any name', () => {
  const { allowedServiceAccounts } = parse(`${IMAGE}allowedServiceAccounts: [{namespace: shop}]`);
  expect(allowedServiceAccounts).toEqual([{ namespace: 'shop', name: '*' }]);
});

test.each([
  ['1h30m', 5400],
  ['900', 900],
])('maxSessionDuration: %s is %d s', (text, seconds) => {
  expect(parse(`${IMAGE}maxSessionDuration: ${text}`).maxSessionDuration).toBe(seconds);
});

test.each([
  ['{cluster} without the setting', 'forcedTags: {a: "{cluster}"}', 'forcedTags FieldConflict'],
  ['a key twice', 'cluster: c\ndefaultTags: {a: x, A: x}', 'defaultTags FieldConflict'],
  ["a key of the agent's", 'forcedTags: {Kubernetes-Namespace: x}', 'forcedTags FieldConflict'],
])('tags: %s is told at start', (_name, yaml, expected) => {
  expect(problemsOf(IMAGE + yaml)).toEqual([expected]);
});

test("a key of the agent's may be set where no chain starts at the agent", () => {
  const { forcedTags } = parse(`${IMAGE}credentialSources: [irsa]\nforcedTags: {kubernetes-namespace: "{namespace}"}`);
  expect(forcedTags).toEqual({ 'kubernetes-namespace': '{namespace}' });
});

test.each([
  [`${IMAGE}mode: dry-run`, 'mode FieldWrongType'],
  [`${IMAGE}allowedServiceAccounts: shop`, 'allowedServiceAccounts FieldWrongType'],
  [`${IMAGE}allowedServiceAccounts: [shop/orders]`, 'allowedServiceAccounts.0 FieldWrongType'],
  [`${IMAGE}allowedServiceAccounts: [{name: orders}]`, 'allowedServiceAccounts.0.namespace FieldMissing'],
  [`${IMAGE}allowedServiceAccounts: [{namespace: "shop["}]`, 'allowedServiceAccounts.0.namespace FieldOutOfRange'],
  [`${IMAGE}allowedServiceAccounts: [${'{namespace: a},'.repeat(101)}]`, 'allowedServiceAccounts FieldOutOfRange'],
  [`${IMAGE}credentialSources: []`, 'credentialSources FieldOutOfRange'],
  [`${IMAGE}credentialSources: [auto]`, 'credentialSources.0 FieldWrongType'],
  [`${IMAGE}maxSessionDuration: 10m`, 'maxSessionDuration FieldOutOfRange'],
  [`${IMAGE}maxSessionDuration: 13h`, 'maxSessionDuration FieldOutOfRange'],
  [`${IMAGE}maxSessionDuration: long`, 'maxSessionDuration FieldWrongType'],
  [`${IMAGE}defaultTags: {a: "{pod}"}`, 'defaultTags.a FieldOutOfRange'],
  [`${IMAGE}forcedTags: {"a#": b}`, 'forcedTags."a#" FieldOutOfRange'],
])('%j names the field', (yaml, expected) => expect(problemsOf(yaml)).toEqual([expected]));
