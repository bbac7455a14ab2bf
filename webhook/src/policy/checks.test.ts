import { REASONS, type ReasonCode, type ReasonEntry } from '@rolechain/shared';
import { SETTINGS, TARGET, account, plainPod } from '../testing/fixtures.ts';
import { CHECKS, STEPS } from './checks.ts';
import { decideAsked } from './decide-pod.ts';
import { factsOf } from './facts.ts';
import { UNKEPT, type Judgements } from './judgements.ts';

test('each code that a pod may get has its check, and no other code has', () => {
  const ofPods = Object.entries(REASONS as Record<string, ReasonEntry>)
    // The guard's, those of writes, and those of one container alone.
    .filter(([, { by, of, outcome }]) => by === undefined && of === undefined && outcome !== 'injected')
    .map(([name]) => name)
    // Not of a pod.
    .filter((name) => name !== 'NoPod');
  expect([...new Set(CHECKS.flatMap(({ reasons }) => reasons))].sort()).toEqual(ofPods.sort());
});

test('the checks that give a conflict of containers say so, and no others', () => {
  for (const { reasons, ofContainers } of STEPS.flatMap(({ checks }) => checks)) {
    const kinds = reasons.map((reason: ReasonCode) => (REASONS[reason] as ReasonEntry).conflict);
    expect([reasons, kinds.includes('container')]).toEqual([reasons, ofContainers === true]);
  }
});

test('a review judges its account once, and each fact is the same whoever asks', () => {
  let judged = 0;
  const judgements: Judgements = {
    ...UNKEPT,
    judge: (by) => {
      judged += 1;
      return UNKEPT.judge(by);
    },
  };
  const context = { others: new Map(), allowedRoles: undefined };
  const asked = { pod: plainPod(), account: account(TARGET), settings: SETTINGS, context };
  expect(decideAsked(asked, judgements).outcome).toBe('injected');
  expect(judged).toBe(1);
  const { asked: _, ...facts } = factsOf(asked, judgements);
  for (const [name, find] of Object.entries(facts)) expect([name, find()]).toEqual([name, find()]);
  for (const find of [facts.view, facts.places, facts.ours, facts.containers]) expect(find()).toBe(find());
  expect(judged).toBe(2);
});
