import { VERSION } from '@rolechain/shared';
import { readAnnotationReview } from './service-account-review.ts';
import { decideSettings, writtenSettings } from './settings-review.ts';
import { review } from '../testing/server.ts';

const VALID = `sidecarImage: example.com/sidecar@sha256:${'0'.repeat(64)}`;
const configMap = (text?: string, version?: string): object => ({
  metadata: { name: 'rolechain-webhook', ...(version && { labels: { 'app.kubernetes.io/version': version } }) },
  ...(text === undefined ? {} : { data: { 'settings.yaml': text } }),
});
const decide = (text?: string, version?: string) =>
  decideSettings(writtenSettings(configMap(text, version), undefined, 'rolechain/rolechain-webhook')!);

test.each([
  VALID,
  `${VALID}\nmode: audit`,
  JSON.stringify({ sidecarImage: 'registry.example/a', forcedTags: { a: 'b' } }),
])('settings that a webhook starts with are accepted (%s)', (text) => {
  expect(decide(text)).toEqual({ reason: 'Accepted', warnings: [] });
  expect(decide(text, VERSION)).toEqual({ reason: 'Accepted', warnings: [] });
});

test('an image by tag draws a warning', () => {
  expect(decide('sidecarImage: example.com/sidecar:1')).toEqual({
    reason: 'Accepted',
    warnings: [
      'rolechain: The setting sidecarImage is a tag, which may move. Write name@sha256:... instead. [SidecarImageByTag]',
    ],
  });
});

test.each<[string, string | undefined, RegExp]>([
  ['an unknown field', `${VALID}\nregoin: x`, /regoin.*did you mean region/],
  ['a field that lacks', 'region: eu-central-1', /sidecarImage/],
  ['empty text', '', /sidecarImage/],
  ['a contradiction', `${VALID}\nport: 9000\nhealthPort: 9000`, /healthPort is the same as port/],
  ['a field twice', `${VALID}\nsidecarImage: b`, /a field stands twice at line 2, column 1/],
  ['YAML that is none', 'a: [', /is not valid YAML/],
  ["a template's tag", 'sidecarImage: !x y', /an unknown tag/],
  ['a list', '- a', /is a list/],
  ['no text', undefined, /settings\.yaml is missing/],
])('%s is refused, and named', (_name, text, expected) => {
  const { reason, message } = decide(text);
  expect(reason).toBe('SettingsInvalid');
  expect(message).toMatch(/^rolechain: ConfigMap rolechain\/rolechain-webhook: .*\[SettingsInvalid\]$/);
  expect(message).toMatch(expected);
});

test.each<[string, string, string | undefined, RegExp]>([
  ['of another version', 'fieldOfTheFuture: 1', '9.9.9', /version 9\.9\.9/],
  ['larger than what is checked', `${VALID}\n#${'x'.repeat(40_000)}`, undefined, /too large/],
  ['of more words than what is checked', `[${'1,'.repeat(16_000)}]`, undefined, /too large/],
])('settings %s are accepted, with a warning that they are not checked', (_name, text, version, expected) => {
  expect(decide(text, version)).toEqual({ reason: 'Accepted', warnings: [expect.stringMatching(expected)] });
});

test('what is stored stops no write', () => {
  expect(writtenSettings(configMap('a: ['), configMap('a: ['), 'x')).toBeUndefined();
  expect(writtenSettings(configMap(), configMap(), 'x')).toBeUndefined();
  expect(writtenSettings(configMap('a: ['), configMap(VALID), 'x')).toMatchObject({ text: 'a: [' });
  expect(writtenSettings(configMap(), configMap(VALID), 'x')).toMatchObject({ text: undefined });
});

test('a review of a ConfigMap is read as one of settings, when it is created or updated', () => {
  const kind = { group: '', version: 'v1', kind: 'ConfigMap' };
  const of = (operation: string) =>
    readAnnotationReview(review(configMap('a'), { kind, operation, namespace: 'ours' }));
  expect(of('UPDATE').settings).toMatchObject({ name: 'ours/rolechain-webhook', text: 'a' });
  expect(of('CREATE').settings).toBeDefined();
  expect(of('DELETE').settings).toBeUndefined();
});
