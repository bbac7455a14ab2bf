import { withVersion } from './version-labels.ts';

test('the version is written into labels and tags of ours, and into nothing else', () => {
  const text = `metadata:
  labels:
    app.kubernetes.io/version: 0.1.0
    app.kubernetes.io/part-of: rolechain
spec:
  image: registry.example/rolechain/webhook:0.1.0
  other: registry.example/other/webhook:0.1.0
  text: |
    sidecarImage: registry.internal/rolechain/sidecar:0.1.0-rc.1
  # https://github.com/OWNER/rolechain//manifests/base?ref=v0.1.0
  newTag: 0.1.0
`;
  expect(withVersion(text, '0.2.0')).toBe(`metadata:
  labels:
    app.kubernetes.io/version: 0.2.0
    app.kubernetes.io/part-of: rolechain
spec:
  image: registry.example/rolechain/webhook:0.2.0
  other: registry.example/other/webhook:0.1.0
  text: |
    sidecarImage: registry.internal/rolechain/sidecar:0.2.0
  # https://github.com/OWNER/rolechain//manifests/base?ref=v0.2.0
  newTag: 0.2.0
`);
});
