import { memoryHierarchy, smapsMiB, valueOf } from './memory.ts';

describe('memoryHierarchy', () => {
  const SECOND = 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0';
  const CPU = 'cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0';
  const MEMORY = 'cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0';

  test.each([
    ['version 1 beside an empty version 2', [SECOND, CPU, MEMORY], { version: 1, mount: '/sys/fs/cgroup/memory' }],
    ['version 2', ['cgroup2 /sys/fs/cgroup cgroup2 rw 0 0'], { version: 2, mount: '/sys/fs/cgroup' }],
    ['version 1 without memory: version 2', [CPU, SECOND], { version: 2, mount: '/sys/fs/cgroup/unified' }],
    ['none', ['tmpfs /sys/fs/cgroup tmpfs rw,memory 0 0'], undefined],
  ])('%s', (_, lines, found) => {
    expect(memoryHierarchy(`${lines.join('\n')}\n`)).toEqual(found);
  });
});

test('a value is that of its whole key', () => {
  const stat = 'inactive_anon 7\nanon 4096\nanon_thp 9\n';
  expect(valueOf(stat, 'anon')).toBe(4096);
  expect(valueOf(stat, 'file')).toBeNaN();
});

test('smaps_rollup in MiB', () => {
  const text = '55d0-7ffc ---p 00000000 00:00 0   [rollup]\nRss:       62464 kB\nAnonymous:     15360 kB\n';
  expect(smapsMiB(text, 'Anonymous')).toBe(15);
  expect(smapsMiB(text, 'Swap')).toBeNaN();
});
