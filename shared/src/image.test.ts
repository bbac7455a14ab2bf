import { isByDigest, isMovable, isPlaceholderImage } from './image.ts';

const SHA256 = `@sha256:${'a1'.repeat(32)}`;

test.each<[string, boolean, boolean]>([
  [`public.example.com/rolechain/sidecar${SHA256}`, true, false],
  [`public.example.com/rolechain/sidecar:1.0${SHA256}`, true, false],
  [`public.example.com/rolechain/sidecar@sha512:${'0f'.repeat(64)}`, true, false],
  ['public.example.com/rolechain/sidecar:1.0', false, true],
  ['public.example.com/rolechain/sidecar', false, true],
  [`public.example.com/rolechain/sidecar${SHA256.slice(0, -1)}`, false, true],
  [`public.example.com/rolechain/sidecar${SHA256}:latest`, false, true],
  ['sidecar:1', false, true],
  ['localhost.example.com/sidecar:1', false, true],
  ['localhost:5000/rolechain/sidecar:dev', false, false],
  ['localhost/rolechain/sidecar', false, false],
  ['127.0.0.1:5000/sidecar:dev', false, false],
  ['registry.example/rolechain/sidecar:0.1.0', false, false],
])('%s: by digest %s, movable %s', (image, byDigest, movable) => {
  expect([isByDigest(image), isMovable(image)]).toEqual([byDigest, movable]);
});

test('the placeholder is that of the manifests', () => {
  expect(isPlaceholderImage('registry.example/rolechain/sidecar:0.1.0')).toBe(true);
  expect(isPlaceholderImage('registry.example.com/rolechain/sidecar:0.1.0')).toBe(false);
});
