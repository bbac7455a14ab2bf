/**
 * Generated AdmissionReviews: those of the hard pods and of ordinary ones with values, keys, places and text changed.
 * A seed and an index give one body, so that a failure can be had again.
 */
import { ENV, FOREIGN_KEYS, SIDECAR } from '@rolechain/shared';
import { ACCOUNTS, MANY_ROLES, NAMESPACES } from '../hard-pods/accounts.ts';
import { written } from '../hard-pods/row.ts';
import { ROWS } from '../hard-pods/rows.ts';
import { random, type Random } from './random.ts';

export interface GeneratedReview {
  readonly body: string;
  /** Nothing was changed but by adding what the API knows: the webhook must come to a decision. */
  readonly isPod: boolean;
}

type Json = Record<string, unknown>;

/** The body of this seed and index. */
export function generateReview(seed: number, index: number): GeneratedReview {
  const r = random(Math.imul(seed, 0x85ebca6b) + index);
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: request(r) };
  const kind = r.below(20);
  if (kind < 4) return { body: JSON.stringify(review), isPod: true };
  if (kind < 17) {
    review.request.object = changed(r, review.request.object, 1 + r.below(4));
    return { body: JSON.stringify(review), isPod: false };
  }
  if (kind < 19) return { body: JSON.stringify(changed(r, review, 1 + r.below(3))), isPod: false };
  return { body: mutatedText(r, JSON.stringify(review)), isPod: false };
}

function request(r: Random): Json {
  const [, row] = r.once(3) ? [] : (ROWS[r.below(ROWS.length)] ?? []);
  return {
    uid: 'u-1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    operation: r.once(20) ? 'UPDATE' : 'CREATE',
    namespace: r.once(3) ? r.pick(NAMESPACE_NAMES) : (row?.namespace ?? 'shop'),
    dryRun: r.once(2),
    object: row ? structuredClone(written(row)) : ordinaryPod(r),
  };
}

const NAMES = ['app', 'web', 'istio-proxy', 'rolechain', 'a-b'] as const;
/** `barred` counts under one setting of four and in few Namespaces, so it comes more often. */
const ACCOUNT_NAMES = ['nobody', 'barred', 'barred', 'barred', ...Object.keys(ACCOUNTS)] as const;
const NAMESPACE_NAMES = ['shop', ...Object.keys(NAMESPACES)] as const;

function ordinaryPod(r: Random): unknown {
  const names = NAMES.filter(() => r.once(3));
  const containers = (list: readonly string[]): Json[] => list.map((name) => ordinaryContainer(r, name));
  const cut = r.below(names.length + 1);
  return {
    metadata: { ...(r.once(2) ? { annotations: annotations(r) } : {}) },
    spec: {
      serviceAccountName: r.pick(ACCOUNT_NAMES),
      ...(cut > 0 ? { initContainers: containers(names.slice(0, cut)) } : {}),
      containers: containers(['main', ...names.slice(cut)]),
      ...(r.once(2) ? { volumes: [{ name: 'data', emptyDir: {} }] } : {}),
      ...(r.once(8) ? { shareProcessNamespace: true } : {}),
      ...(r.once(8) ? { nodeSelector: { 'kubernetes.io/os': 'linux' } } : {}),
    },
  };
}

function ordinaryContainer(r: Random, name: string): Json {
  return {
    name,
    image: 'app:1',
    ...(r.once(2) ? { env: [{ name: r.pick(VARIABLES), value: r.pick(TEXTS) }] } : {}),
    ...(r.once(3) ? { ports: [{ containerPort: r.pick([80, 28_173, 28_174, 28_175]) }] } : {}),
    ...(r.once(3) ? { volumeMounts: [{ name: 'data', mountPath: r.pick(['/data', '/var/run/secrets']) }] } : {}),
    ...(r.once(4) ? { envFrom: [{ secretRef: { name: 's' } }] } : {}),
    ...(r.once(3) ? { resources: { limits: { cpu: '1', memory: '1Gi' } } } : {}),
  };
}

function annotations(r: Random): Json {
  return Object.fromEntries(Array.from({ length: r.below(4) }, () => [r.pick(KEYS), r.pick(TEXTS)]));
}

const VARIABLES = [
  ENV.region,
  ENV.profile,
  ENV.fullURI,
  ENV.token,
  ENV.tokenFile,
  ENV.accessKeyID,
  'A/B~C',
  '',
] as const;
const KEYS = [
  'rolechain.io/skip-containers',
  'rolechain.io/container-roles',
  'rolechain.io/authorization-token',
  'rolechain.io/status',
  'rolechain.io/skipped',
  'rolechain.io/sidecar-cpu-limit',
  'rolechain.io/other',
  FOREIGN_KEYS.eksSkipContainers,
  'a~1b/c~0d',
  '__proto__',
] as const;
const TEXTS = [
  '',
  'main',
  'app,web',
  'main=default',
  'main=audit+default,app=audit',
  `main=${MANY_ROLES.join('+')}`,
  'env',
  'file',
  '500m',
  '1e400',
  '$(X)$$',
  '/~0/~1//',
  '../..',
  'x\0y',
  '\ud800',
  '\u2028\ufeff',
  'a̸\u202e𠮷',
  '="\'\\\n',
] as const;

/** Keys that mean something to JavaScript, to JSON pointers or to us. */
const ODD_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  'hasOwnProperty',
  '',
  '/',
  '~',
  'a/b~c',
  '~1~0',
  '-',
  '0',
  'name',
  'env',
  'metadata',
  'spec',
  'volumes',
  SIDECAR.name,
  SIDECAR.baseIdentityVolume,
  '\ud800',
  '\0',
] as const;
const ODD_VALUES: readonly [unknown, ...unknown[]] = [
  null,
  true,
  false,
  0,
  -1,
  28_173.5,
  1e308,
  '',
  'x',
  'Always',
  'rolechain',
  'rolechain-x',
  '\ud800',
  [],
  {},
  [null],
  [[]],
  [{}],
  { name: 'rolechain' },
  [{ name: 'a' }, { name: 'a' }],
  { ['__proto__']: { env: 1 } },
];

/** A copy with so many changes, each at some depth. */
function changed(r: Random, value: unknown, times: number): unknown {
  let copy = value;
  for (let left = times; left > 0; left--) copy = change(r, copy);
  return copy;
}

function change(r: Random, value: unknown): unknown {
  if (Array.isArray(value)) return changeList(r, value);
  if (typeof value !== 'object' || value === null) return oddValue(r, value);
  const entries = Object.entries(value);
  const [key = '', held] = entries[r.below(entries.length)] ?? [];
  const others = entries.filter(([name]) => name !== key);
  switch (r.below(12)) {
    case 0:
      return fromEntries([...entries, [r.pick(ODD_KEYS), oddValue(r, held)]]);
    case 1:
      return fromEntries(others);
    case 2:
      return fromEntries([...others, [r.pick(ODD_KEYS), held]]);
    case 3:
      return fromEntries([...others, [key, oddValue(r, held)]]);
    default:
      return fromEntries(entries.map(([name, inner]) => [name, name === key ? change(r, inner) : inner]));
  }
}

function changeList(r: Random, list: readonly unknown[]): unknown {
  const at = r.below(list.length);
  switch (r.below(8)) {
    case 0:
      return [...list, oddValue(r, list[at])];
    case 1:
      return list.filter((_, index) => index !== at);
    case 2:
      return [...list, ...list];
    case 3:
      // Huge now and then: many answers take a time that grows with the pod.
      return Array.from(
        { length: r.once(40) ? 2000 + r.below(6000) : r.below(60) },
        () => list[at] ?? r.pick(ODD_VALUES),
      );
    default:
      return list.length === 0 ? oddValue(r, list) : list.map((item, index) => (index === at ? change(r, item) : item));
  }
}

function oddValue(r: Random, held: unknown): unknown {
  switch (r.below(12)) {
    case 0:
      return deep(r.once(4) ? 2000 : r.below(600));
    case 1:
      return [held];
    case 2:
      return { [r.pick(ODD_KEYS)]: held };
    case 3:
      return typeof held === 'string' ? held + r.pick(TEXTS) : r.pick(TEXTS);
    case 4:
      return r.pick(['x', 'ä', '𠮷', '/', '~', ',', '=']).repeat(r.once(40) ? 100_000 : r.below(300));
    default:
      return r.pick(ODD_VALUES);
  }
}

/** Own keys, `__proto__` among them: that is what JSON.parse makes of them. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): Json {
  return Object.fromEntries(entries);
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { env: value };
  return value;
}

/** What JSON gives a meaning to, and what is no JSON. */
const PIECES = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'null',
  '1e999',
  '-',
  '\\u0000',
  '\\ud800',
  '\0',
  '\n',
  'é',
  ' ',
] as const;

function mutatedText(r: Random, text: string): string {
  let out = text;
  for (let left = 1 + r.below(4); left > 0; left--) {
    const at = r.below(out.length + 1);
    const piece = r.pick(PIECES).repeat(r.once(30) ? r.below(5000) : 1);
    out = out.slice(0, at) + piece + out.slice(r.once(2) ? at + r.below(8) : at);
  }
  return out;
}
