import { SHIPPED_LIMIT_MIB } from '../cgroup/memory.ts';
import { bundlePrograms, type Programs } from '../sidecar/harness.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { NO_GROUPS, useFloods } from './rows.ts';
import { startSidecarTarget } from './sidecar.ts';

const floods = useFloods('floods of the sidecar', ['sidecar credentials', 'sidecar health']);
let programs: Programs;
beforeAll(async () => {
  programs = await bundlePrograms();
});
afterAll(() => programs.remove());

describeWhen(
  'under its memory limit',
  floods.found,
  (groups) => {
    test.each(floods.cases)(
      '%s: %s: it lives, and an honest client is answered',
      (port, _name, kind) =>
        floods.play([port, kind], groups, {
          limitMiB: SHIPPED_LIMIT_MIB,
          start: (at, group) => startSidecarTarget(programs, at, group),
        }),
      floods.timeoutMs,
    );
  },
  NO_GROUPS,
);
