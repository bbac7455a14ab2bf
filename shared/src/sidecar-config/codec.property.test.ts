import fc from 'fast-check';
import { runs } from '@rolechain/kit/runs.ts';
import { expand } from '@rolechain/kit/kubelet-expansion.ts';
import { parseSidecarConfig, writeSidecarConfig } from './codec.ts';
import type { SidecarConfig, RoleConfig, HopConfig, SourceConfig, TokenConfig } from './types.ts';

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

/** Paths of ARNs take every printable character; other fields of a hop take no `$`. */
const path = fc
  .array(fc.oneof(fc.constantFrom('$(HOME)', '$$', '$(', '\\', '"', '{pod}'), fc.stringMatching(/^[!-~]{1,8}$/)), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''));
const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const roleARN = fc.tuple(path, fc.stringMatching(/^[\w+=,.@-]{1,64}$/)).map(([before, last]) => {
  return `arn:aws:iam::222222222222:role/${before === '' ? '' : `${before}/`}${last}`;
});
const region = fc.constantFrom('eu-central-1', 'us-east-1');
const token: fc.Arbitrary<TokenConfig> = fc.oneof(
  fc.constant({ type: 'projected' as const }),
  fc.record({ type: fc.constant('token-request' as const), namespace: name, name, audience: text }),
);
const irsa = fc.record({ type: fc.constant('irsa' as const), roleARN, stsRegion: region, token });
const source: fc.Arbitrary<SourceConfig> = fc.oneof(
  fc.record({ type: fc.constant('auto' as const), roleARN: optional(roleARN), stsRegion: region }),
  irsa,
  fc.constantFrom({ type: 'pod-identity' as const }, { type: 'environment' as const }),
);
const policy = fc
  .array(fc.oneof(piece, fc.stringMatching(/^[ -ÿ]{0,8}$/)), { maxLength: 5 })
  .map((parts) => JSON.stringify({ a: parts.join('') }));
const policyARNs = fc.array(
  path.map((part) => `arn:aws:iam::aws:policy/${part}x`),
  { maxLength: 3 },
);
const call = {
  roleARN,
  sessionName: fc.stringMatching(/^([\w+=,.@-]|\{pod\}|\{namespace\}|\{cluster\}){1,9}$/),
  durationSeconds: fc.integer({ min: 900, max: 3600 }),
  stsRegion: region,
  policy: optional(policy),
  policyARNs: optional(policyARNs),
};
/** Which of the two forms of an external ID, if any. */
const externalID = fc.oneof(
  fc.constant({}),
  fc.record({ externalID: fc.stringMatching(/^[\w+=,.@:/-]{2,20}$/) }),
  fc.record({ externalIDFrom: fc.record({ name, key: fc.stringMatching(/^[-._a-zA-Z0-9]{1,9}$/) }) }),
);
/** No two keys that differ in case alone, and none that an earlier hop passes on: the number is the hop's. */
const tagsOf = (index: number) =>
  fc.subarray(['team', 'a b', 'constructor', 'ключ']).chain((keys) =>
    fc.record({
      tags: fc
        .array(fc.stringMatching(/^[\w .:/=+@-]{0,9}$/), { minLength: keys.length, maxLength: keys.length })
        .map((values) => Object.fromEntries(keys.map((key, at) => [`${key}${index}`, values[at] ?? '']))),
      transitiveTagKeys: fc.subarray(keys.map((key) => `${key}${index}`)),
    }),
  );
const hop = (index: number): fc.Arbitrary<HopConfig> =>
  fc
    .tuple(fc.record(call), externalID, fc.oneof(fc.constant({}), tagsOf(index)))
    .map(([one, external, tags]) => ({ ...one, ...external, ...tags }));
const hops = fc
  .integer({ min: 1, max: 6 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => hop(i))));
const sourceIdentity = optional(fc.stringMatching(/^[\w+=,.@-]{2,64}$/));
const chain = fc
  .tuple(hops, sourceIdentity)
  .map(([all, identity]) => all.map((one, index) => (index === 0 ? { ...one, sourceIdentity: identity } : one)));

const roleName = fc.oneof(name, fc.constantFrom('default', 'constructor', 'prototype', 'valueof', '0'));
const rest = {
  startup: fc.constantFrom('proceed' as const, 'require' as const),
  token: optional(fc.stringMatching(/^[\w-]{43}$/)),
};
const prefer = fc.record({ mode: fc.constant('prefer' as const), token });
const only = fc.record({ mode: fc.constant('only' as const), token });
const role: fc.Arbitrary<RoleConfig> = fc.oneof(
  fc.record({ ...rest, source, hops: chain }),
  // The target's own call has no tags, and with web identity alone no external ID and no hops before it.
  fc
    .record({ ...rest, source, webIdentity: prefer, hops: fc.tuple(fc.tuple(fc.record(call), externalID)) })
    .map(({ hops: [[one, external]], ...others }) => ({ ...others, hops: [{ ...one, ...external }] })),
  fc.record({
    ...rest,
    webIdentity: only,
    hops: fc.tuple(fc.record({ ...call, durationSeconds: fc.integer({ min: 900, max: 43_200 }) })),
  }),
);
const config: fc.Arbitrary<SidecarConfig> = fc.record({
  version: fc.constant(1 as const),
  namespace: text,
  serviceAccount: text,
  cluster: text,
  ports: fc.record({ credentials: port, health: port }),
  agentEndpoints: fc.array(url, { minLength: 1, maxLength: 3 }),
  stsEndpoint: optional(
    fc.oneof(
      url,
      url.map((text) => `${text}/{region}`),
    ),
  ),
  useDualstackEndpoint: optional(fc.boolean()),
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
      { numRuns: runs(300) },
    );
  });

  test('has no $ in it', () => {
    fc.assert(fc.property(config, (written) => expect(writeSidecarConfig(written)).not.toContain('$')));
  });
});
