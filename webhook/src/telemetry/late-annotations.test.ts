import { LIMITS } from '@rolechain/shared';
import { makeLateAnnotations } from './late-annotations.ts';

function bench(): { slipped: number[]; clock: { at: number }; late: ReturnType<typeof makeLateAnnotations> } {
  const slipped: number[] = [];
  const clock = { at: 0 };
  return {
    slipped,
    clock,
    late: makeLateAnnotations(
      () => clock.at,
      (pods) => slipped.push(pods),
    ),
  };
}

test('pods that were left alone just before their account asks are counted, once', () => {
  const { slipped, clock, late } = bench();
  late.leftAlone('shop/orders');
  clock.at = LIMITS.lateAnnotationMs - 1;
  late.leftAlone('shop/orders');
  late.leftAlone('shop/other');
  late.asks('shop/orders');
  late.asks('shop/orders');
  expect(slipped).toEqual([2]);
});

test('those that were created long before are not', () => {
  const { slipped, clock, late } = bench();
  late.leftAlone('shop/orders');
  clock.at = LIMITS.lateAnnotationMs;
  late.asks('shop/orders');
  expect(slipped).toEqual([]);
});

test('a bounded number of accounts is remembered, the latest ones', () => {
  const { slipped, late } = bench();
  const all = Array.from({ length: LIMITS.lateAnnotationAccounts + 1 }, (_, i) => `shop/${i}`);
  for (const account of all) late.leftAlone(account);
  for (const account of all) late.asks(account);
  expect(slipped).toHaveLength(LIMITS.lateAnnotationAccounts);
});
