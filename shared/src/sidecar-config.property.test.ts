import fc from 'fast-check';
import { expand } from '../../test/kubelet/expand.ts';
import {
  parseSidecarConfig,
  writeSidecarConfig,
  type HopConfig,
  type RoleConfig,
  type SidecarConfig,
  type SourceConfig,
  type TokenConfig,
} from './sidecar-config.ts';

/** Text in which everything that a kubelet, a shell or JSON reads is common. */
const piece = fc.constantFrom(
  '$(HOME)',
  '$$',
  '$',
  '(',
  ')',
  '$(',
  '$(A',
  '${A}',
  String.raw`\u0024`,
  '\\',
  '"',
  '\n',
  '{pod}',
);
const text = fc
  .array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 8 })), { minLength: 1 })
  .map((parts) => parts.join(''))
  .filter((joined) => joined !== '');
const url = text.map((part) => `http://h/?q=${encodeURIComponent(part)}&$(HOME)$$`);
const port = fc.integer({ min: 1, max: 65_535 });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const token: fc.Arbitrary<TokenConfig> = fc.oneof(
  fc.constant({ type: 'projected' as const }),
  fc.record({ type: fc.constant('token-request' as const), namespace: text, name: text, audience: text }),
);
const source: fc.Arbitrary<SourceConfig> = fc.oneof(
  fc.record({ type: fc.constant('auto' as const), roleARN: optional(text), stsRegion: text }),
  fc.record({ type: fc.constant('irsa' as const), roleARN: text, stsRegion: text, token }),
  fc.constantFrom({ type: 'pod-identity' as const }, { type: 'environment' as const }),
);
const texts = fc.array(text, { maxLength: 3 });
const tagKey = text.filter((key) => key !== '__proto__');
const hop: fc.Arbitrary<HopConfig> = fc.record({
  roleARN: text,
  externalID: optional(text),
  externalIDFrom: optional(fc.record({ name: text, key: text })),
  sessionName: text,
  durationSeconds: fc.integer({ min: 1 }),
  stsRegion: text,
  tags: optional(fc.dictionary(tagKey, fc.oneof(text, fc.constant('')), { noNullPrototype: true })),
  transitiveTagKeys: optional(texts),
  policy: optional(text),
  policyARNs: optional(texts),
  sourceIdentity: optional(text),
});
const roleName = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  fc.constantFrom('default', 'constructor', 'prototype', 'valueof', '0'),
);
const rest = {
  startup: fc.constantFrom('proceed' as const, 'require' as const),
  token: optional(fc.stringMatching(/^[\w-]{43}$/)),
  hops: fc.array(hop, { minLength: 1, maxLength: 6 }),
};
const role: fc.Arbitrary<RoleConfig> = fc.oneof(
  fc.record({ ...rest, source, webIdentity: optional(fc.record({ mode: fc.constant('prefer' as const), token })) }),
  fc.record({
    ...rest,
    source: optional(source),
    webIdentity: fc.record({ mode: fc.constant('only' as const), token }),
  }),
);
const config: fc.Arbitrary<SidecarConfig> = fc.record({
  version: fc.constant(1 as const),
  namespace: text,
  serviceAccount: text,
  cluster: optional(text),
  ports: fc.record({ credentials: port, health: port }),
  agentEndpoints: fc.array(url, { minLength: 1, maxLength: 3 }),
  stsEndpoint: optional(url),
  roles: fc.dictionary(roleName, role, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
});

describe('what the webhook writes, a kubelet expands and the sidecar reads', () => {
  test('is the same, whatever variables are defined', () => {
    const environment = fc.oneof(
      fc.constant(() => undefined),
      // The worst that can be: every name is defined.
      fc.string().map((value) => () => value),
      fc.dictionary(fc.constantFrom('HOME', 'A', ''), fc.string()).map((all) => (name: string) => all[name]),
    );
    fc.assert(
      fc.property(config, environment, (written, lookup) => {
        const read = parseSidecarConfig(expand(writeSidecarConfig(written), lookup));
        expect(read).toEqual({ ok: true, value: written, warnings: [] });
      }),
      { numRuns: 300 },
    );
  });

  test('has no $ in it', () => {
    fc.assert(fc.property(config, (written) => expect(writeSidecarConfig(written)).not.toContain('$')));
  });
});
