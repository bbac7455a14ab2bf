import { ANNOTATIONS } from './annotations.ts';
import { REASONS, reasonEntry, type ReasonCode } from './reasons.ts';

const CODES = Object.keys(REASONS) as ReasonCode[];

test.each(CODES)('%s says in a sentence what is so, and how to change it where that makes sense', (code) => {
  const { outcome, text, fix } = reasonEntry(code);
  expect(code).toMatch(/^[A-Z][A-Za-z]+$/);
  expect(text).toMatch(/[^.]\.$|\)\.$/);
  if (outcome === 'refused') expect(fix).toMatch(/^[A-Z].*\.$/);
});

test('only what is refused can be a conflict that the admin turns into a warning', () => {
  for (const code of CODES) {
    const { conflict, outcome } = reasonEntry(code);
    if (conflict) expect(outcome).toBe('refused');
  }
});

test('a conflict names the annotation that leaves the pod or the container alone', () => {
  for (const code of CODES) {
    const { conflict, fix } = reasonEntry(code);
    if (conflict === 'pod') expect(fix).toContain(`${ANNOTATIONS.inject.key}: "false"`);
    if (conflict === 'container') expect(fix).toContain(ANNOTATIONS.skipContainers.key);
  }
});

test('every annotation that a fix names is one of ours', () => {
  const keys: string[] = Object.values(ANNOTATIONS).map(({ key }) => key);
  for (const code of CODES) {
    const { text, fix } = reasonEntry(code);
    for (const [named] of `${text} ${fix}`.matchAll(/rolechain\.io\/[a-z-]+/g)) expect(keys).toContain(named);
  }
});
