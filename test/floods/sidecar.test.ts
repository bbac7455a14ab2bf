import { bundlePrograms, type Programs } from '../sidecar/harness.ts';
import { SHIPPED_LIMIT_MIB } from '../cgroup/memory.ts';
import { startSidecarTarget } from './sidecar.ts';
import { testFloods } from './rows.ts';

let programs: Programs;
beforeAll(async () => {
  programs = await bundlePrograms();
});
afterAll(() => programs.remove());

testFloods('floods of the sidecar', {
  limitMiB: () => SHIPPED_LIMIT_MIB,
  ports: ['sidecar credentials', 'sidecar health'],
  start: (port, group) => startSidecarTarget(programs, port, group),
});
