import { createServer, type AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { listen, retryUntilSuccess } from './listen.ts';
import { makeSimClock } from '../testing/sim-clock.ts';

test('a task that fails is tried again each second until it works', async () => {
  const clock = makeSimClock();
  const at: number[] = [];
  const errors: unknown[] = [];
  const task = (): void => {
    at.push(clock.uptime());
    if (at.length < 3) throw new Error(`no ${at.length}`);
  };
  retryUntilSuccess(task, clock, (error) => errors.push((error as Error).message));
  await clock.advance(10_000);
  expect(at).toEqual([0, 1000, 2000]);
  expect(errors).toEqual(['no 1', 'no 2']);
  expect(clock.pending()).toBe(0);
});

test('stopped: no more tries, and an error on the way says nothing', async () => {
  const clock = makeSimClock();
  const errors: unknown[] = [];
  const persistent = retryUntilSuccess(
    () => Promise.reject(new Error('no')),
    clock,
    (error) => errors.push(error),
  );
  await clock.advance(0);
  persistent.stop();
  await clock.advance(10_000);
  expect(errors).toHaveLength(1);
  expect(clock.pending()).toBe(0);
});

test('a port that another has', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const server = fastify();
  await expect(listen(server, '127.0.0.1', port)).rejects.toMatchObject({
    code: 'ListenFailed',
    message: expect.stringContaining(`127.0.0.1 port ${port}: EADDRINUSE.`),
  });
  await server.close();
  other.close();
});
