/** Values that hold themselves, or each other, or thousands of others: nothing throws, and every answer is bounded. */
import fc from 'fast-check';
import * as v from 'valibot';
import { runs } from '@rolechain/kit/runs.ts';
import { LIMITS } from '../limits.ts';
import { formatProblems, show, type Result } from '../problem.ts';
import { checkSidecarConfig } from '../sidecar-config/codec.ts';
import { parseAssumeRole } from './parse.ts';
import { FIELDS } from './fields.ts';
import { parseFluxAssumeRole } from './flux.ts';
import { validPart } from './valid-part.ts';
import { ARN, document } from './testing.ts';

const NAMES = [...Object.keys(FIELDS), 'via', 'roles', 'hops', 'source', 'secretKeyRef', 'type', '<<', 'x'];

/** A node is a leaf, or a list or map of other nodes, itself among them. */
type Shape = readonly [kind: 'leaf' | 'list' | 'map', to: readonly (readonly [key: string, node: number])[]];
const shape = (nodes: number): fc.Arbitrary<Shape> =>
  fc.tuple(
    fc.constantFrom('leaf', 'list', 'map'),
    fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.nat(nodes - 1)), { maxLength: 8 }),
  );
/** Each holds what comes after it alone: shared, without an end nowhere. */
const forward = (shapes: readonly Shape[]): Shape[] =>
  shapes.map(([kind, to], at) => [
    kind,
    to.filter(() => at + 1 < shapes.length).map(([key, node]) => [key, at + 1 + (node % (shapes.length - at - 1))]),
  ]);
const chain = (kind: 'list' | 'map', key: string, depth: number): Shape[] => [
  ...Array.from({ length: depth }, (_, at): Shape => [kind, [[key, at + 1]]]),
  ['leaf', []],
];
const wide = (kind: 'list' | 'map', width: number): Shape[] => [
  [kind, Array.from({ length: width }, (_, at) => [`k${at}`, 1] as const)],
  ['leaf', []],
];
const any = fc.integer({ min: 1, max: 12 }).chain((n) => fc.array(shape(n), { minLength: n, maxLength: n }));
const kind = fc.constantFrom('list' as const, 'map' as const);
const graph = fc.oneof(
  any,
  any.map(forward),
  fc.tuple(kind, fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 500 })).map(([k, key, n]) => chain(k, key, n)),
  fc.tuple(kind, fc.integer({ min: 1, max: 4000 })).map(([k, n]) => wide(k, n)),
);

/** As a value of JavaScript. */
function valueOf(shapes: readonly Shape[]): unknown {
  const nodes = shapes.map(([of], at) => (of === 'leaf' ? `text ${at}` : of === 'list' ? [] : {}));
  shapes.forEach(([, to], at) => {
    const node = nodes[at];
    for (const [key, target] of to) {
      if (Array.isArray(node)) (node as unknown[]).push(nodes[target]);
      else if (typeof node === 'object') (node as Record<string, unknown>)[key] = nodes[target];
    }
  });
  return nodes[0];
}

/** As YAML: where a node comes first it is written, then it is an alias. */
function textOf(shapes: readonly Shape[]): string {
  const written = new Set<number>();
  const write = (at: number): string => {
    if (written.has(at)) return `*n${at}`;
    written.add(at);
    const [of, to] = shapes[at] ?? ['leaf', []];
    if (of === 'leaf') return `&n${at} text`;
    // A key stands once in a map.
    const unique = [...new Map(to)];
    if (of === 'list') return `&n${at} [${to.map(([, node]) => write(node)).join(', ')}]`;
    return `&n${at} {${unique.map(([key, node]) => `"${key}": ${write(node)} `).join(', ')}}`;
  };
  return write(0);
}

function expectBounded(checked: Result<unknown>): void {
  if (checked.ok) return;
  expect(checked.problems.length).toBeLessThanOrEqual(LIMITS.problemsKept);
  expect(formatProblems(checked.problems).length).toBeLessThan(LIMITS.problemsKept * 1000);
}

test('written as YAML', () => {
  fc.assert(
    fc.property(graph, fc.constantFrom(...NAMES), (shapes, name) => {
      const text = textOf(shapes);
      for (const whole of [
        text,
        `&top {roleARN: "${ARN}", "${name}": ${text}}`,
        `roleARN: ${ARN}\n"${name}": ${text}`,
      ]) {
        expectBounded(parseAssumeRole(whole));
        expectBounded(parseFluxAssumeRole(whole));
      }
    }),
    { numRuns: runs(100) },
  );
});

test('as values, to the schemas and what serialises them', () => {
  fc.assert(
    fc.property(graph, fc.constantFrom(...NAMES), (shapes, name) => {
      const value = valueOf(shapes);
      const role = { hops: [{ roleARN: ARN, [name]: value }], [name]: value };
      for (const config of [value, { version: 1, roles: value }, { roles: { a: value } }, { roles: { a: role } }]) {
        expectBounded(checkSidecarConfig(config));
      }
      for (const { schema } of Object.values(FIELDS)) v.safeParse(schema, value);
      validPart({ roleARN: ARN, [name]: value, roles: { a: { roleARN: ARN, [name]: value } } });
      validPart({ roles: value, via: value });
      expect(show(value).length).toBeLessThan(100);
    }),
    { numRuns: runs(100) },
  );
});

test('a policy is written within bounds: what it has, or that it is too large', () => {
  fc.assert(
    fc.property(graph, (shapes) => {
      const policy = valueOf(shapes);
      const checked = v.safeParse(FIELDS.policy.schema, policy);
      if (checked.success) {
        expect(checked.output.length).toBeLessThanOrEqual(LIMITS.policyChars);
        expect(checked.output).toBe(JSON.stringify(policy));
      }
    }),
  );
  // To the character: each of these is one.
  const largest = { a: 'x'.repeat(LIMITS.policyChars - '{"a":""}'.length) };
  expect(v.safeParse(FIELDS.policy.schema, largest).success).toBe(true);
  expect(v.safeParse(FIELDS.policy.schema, { ...largest, a: `${largest.a}x` }).success).toBe(false);
  const nested = (depth: number): unknown => (depth === 1 ? {} : { a: nested(depth - 1) });
  expect(v.safeParse(FIELDS.policy.schema, nested(LIMITS.policyDepth)).success).toBe(true);
  expect(v.safeParse(FIELDS.policy.schema, nested(LIMITS.policyDepth + 1)).success).toBe(false);
});

test('a value 100,000 deep', () => {
  const policy = valueOf(chain('map', 'a', 100_000));
  expect(v.safeParse(FIELDS.policy.schema, policy).success).toBe(false);
  expectBounded(checkSidecarConfig({ roles: { a: { hops: [{ policy }] } } }));
});

test('a policy that holds itself is refused by its code', () => {
  const policy: Record<string, unknown> = {};
  policy.itself = policy;
  const checked = checkSidecarConfig({ roles: { a: { hops: [{ policy }] } } });
  expect(checked.ok).toBe(false);
  expect(parseAssumeRole(document({ policy: { a: 'x'.repeat(2100) } }))).toMatchObject({
    problems: [{ code: 'FieldOutOfRange', path: 'policy' }],
  });
});
