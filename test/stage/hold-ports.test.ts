import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@rolechain/kit/free-port.ts';
import { holdPorts } from './hold-ports.ts';

test('a pod with one of the ports waits until it is released, a pod with others does not', async () => {
  const [first, second, third] = [await freePort(), await freePort(), await freePort()];
  const held = await holdPorts([first, second]);
  await (await holdPorts([third])).release();
  await expect(holdPorts([second, third], 50)).rejects.toThrow(`port ${second} of 127.0.0.1 was held`);
  let taken = false;
  const waiting = holdPorts([third, second]).then((ports) => {
    taken = true;
    return ports;
  });
  await sleep(100);
  expect(taken).toBe(false);
  await held.release();
  await (await waiting).release();
});

test('what a killed process held is free', async () => {
  const port = await freePort();
  const program = `const { holdPorts } = await import(${JSON.stringify(join(__dirname, 'hold-ports.ts'))});
    await holdPorts([${port}]); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await expect(holdPorts([port], 50)).rejects.toThrow('was held');
  child.kill('SIGKILL');
  await (await holdPorts([port], 10_000)).release();
});
