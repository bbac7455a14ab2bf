import { parseQuantity } from './quantity.ts';
import { sidecarResources } from './resources.ts';
import type { Container, Pod } from './pod.ts';

const container = (resources?: Container['resources']): Container => ({ name: 'c', resources });
const pod = (spec: object = {}): Pod => ({ spec: { containers: [], ...spec } });
const whole = { cpu: '1', memory: '1Gi' };

test('a request and a memory limit, no CPU limit', () => {
  expect(sidecarResources(pod(), [container()])).toEqual({
    limits: { memory: '64Mi' },
    requests: { cpu: '10m', memory: '32Mi' },
  });
});

test('a CPU limit exactly when every other container has one', () => {
  const limited = container({ limits: { cpu: '1' } });
  expect(sidecarResources(pod(), [limited, limited])?.limits).toEqual({ cpu: '500m', memory: '64Mi' });
  expect(sidecarResources(pod(), [limited, container()])?.limits).toEqual({ memory: '64Mi' });
});

test('requests equal limits in a Guaranteed pod, so that it stays Guaranteed', () => {
  const same = { cpu: '100m', memory: '64Mi' };
  const guaranteed = container({ limits: whole, requests: { cpu: '1000m', memory: '1024Mi' } });
  expect(sidecarResources(pod(), [guaranteed, container({ limits: whole })])).toEqual({ limits: same, requests: same });
  expect(sidecarResources(pod(), [container({ limits: whole, requests: { cpu: '0.5' } })])?.requests).not.toEqual(same);
});

test('none where the pod has resources of its own', () => {
  expect(sidecarResources(pod({ resources: { requests: { cpu: '1' } } }), [container()])).toBeUndefined();
});

test.each([
  ['100m', 0.1],
  ['1', 1],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['2e3', 2000],
  ['1E', 1e18],
  ['.5', 0.5],
  [3, 3],
])('quantity %s', (text, value) => expect(parseQuantity(text)).toBeCloseTo(value, 9));

test.each(['', '1KB', 'x', '1 Gi', '--1'])('%j is no quantity', (text) => expect(parseQuantity(text)).toBeUndefined());
