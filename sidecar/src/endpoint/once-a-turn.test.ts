import { setImmediate as nextTurn } from 'node:timers/promises';
import { onceATurn } from './once-a-turn.ts';

test('made once for all who ask in a turn of the event loop, and again in the next', async () => {
  let made = 0;
  const ask = onceATurn(() => ++made);
  expect([ask(), ask()]).toEqual([1, 1]);
  await Promise.resolve();
  expect(ask()).toBe(1);
  await nextTurn();
  expect(ask()).toBe(2);
});

test('a failure is that of its turn alone', async () => {
  let fails = true;
  const ask = onceATurn(() => (fails ? Promise.reject(new Error('once')) : Promise.resolve('good')));
  await expect(ask()).rejects.toThrow('once');
  fails = false;
  await nextTurn();
  expect(await ask()).toBe('good');
});

test('what throws is tried again by the next who asks', () => {
  let fails = true;
  const ask = onceATurn(() => {
    if (fails) throw new Error('once');
    return 'good';
  });
  expect(ask).toThrow('once');
  fails = false;
  expect(ask()).toBe('good');
});
