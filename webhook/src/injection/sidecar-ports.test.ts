import { LIMITS, PORTS } from '@rolechain/shared';
import { places, viewPod, type Pod } from '../objects/pod.ts';
import { findInjected } from '../objects/injected-state.ts';
import { choosePorts } from './sidecar-ports.ts';
import { plainPod } from '../testing/fixtures.ts';

/** A pod whose container declares these ports. */
function declaring(ports: readonly number[]): Pod {
  const view = viewPod(
    plainPod({ containers: [{ name: 'a', ports: ports.map((containerPort) => ({ containerPort })) }] }),
  );
  if (!view.ok) throw new Error('no pod');
  return view.value;
}
const chosen = (pod: Pod) => choosePorts(places(pod), findInjected(pod));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test.each([
  ['none is taken', [], { credentials: 28_173, health: 28_174 }],
  ['others are', [80, 28_172, 28_175], { credentials: 28_173, health: 28_174 }],
  ['both are', [28_173, 28_174], { credentials: 28_175, health: 28_176 }],
  ['those above are, to the end', range(28_173, 65_535), { credentials: 1024, health: 1025 }],
])('%s', (_name, taken, expected) => {
  expect(chosen(declaring(taken))).toEqual(expected);
});

test('where all are taken, the usual ones stay', () => {
  const { credentials, health } = chosen(declaring(range(1, LIMITS.portMax)));
  expect([credentials, health]).toEqual([PORTS.credentials, PORTS.health]);
});
