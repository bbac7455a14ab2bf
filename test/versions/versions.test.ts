/** What an upgrade meets: pods that another version injected, and sidecars of another version. */
import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import jsonPatch from 'fast-json-patch';
import { ENV, SIDECAR, parseSidecarConfig, type writeSidecarConfig } from '@rolechain/shared';
import { uninject, type DecideSettings } from '@rolechain/webhook';
import { SETTINGS, account, call } from '@rolechain/webhook/testing/fixtures.ts';
import { expand } from '@rolechain/kit/kubelet-expansion.ts';
import type { Container, DraftPod } from '@rolechain/kit/pod.ts';

interface Row {
  readonly name: string;
  readonly annotation: string;
  readonly annotations: Record<string, string>;
  readonly settings: Partial<DecideSettings>;
  readonly pod: DraftPod;
  readonly injected: DraftPod;
}
interface Codec {
  readonly parseSidecarConfig: typeof parseSidecarConfig;
  readonly writeSidecarConfig: typeof writeSidecarConfig;
}

const require = createRequire(import.meta.filename);
const versions = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

const EKS_ROLE = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/base' };
/** Of the field `serviceAccount`. */
const OTHER = { namespace: 'platform', name: 'shared-aws', annotations: EKS_ROLE };
const others = new Map([[`${OTHER.namespace}/${OTHER.name}`, OTHER]]);

function callOn(pod: DraftPod, { annotation, annotations, settings }: Row, more: Partial<DecideSettings> = {}) {
  const all = { ...SETTINGS, ...settings, ...more };
  return call(pod, account(annotation, annotations), all, () => 0.5, { others, allowedRoles: undefined });
}

function sidecarOf(pod: DraftPod): Container {
  const found = (pod.spec.initContainers as Container[]).find(({ name }) => name === SIDECAR.name);
  if (!found) throw new Error('no sidecar');
  return found;
}

/** As the kubelet hands it to the sidecar. */
function configOf(pod: DraftPod): string {
  const value = sidecarOf(pod).env?.find(({ name }) => name === ENV.config)?.value ?? '';
  return expand(value, () => 'expanded');
}

describe.each(versions.map(({ name }) => name))('%s', (version) => {
  const older = require(join(import.meta.dirname, version, 'codec.cjs')) as Codec;
  const rows = JSON.parse(readFileSync(join(import.meta.dirname, version, 'pods.json'), 'utf8')) as Row[];

  describe.each(rows.map((row) => [row.name, row] as const))('%s', (_name, row) => {
    test('a sidecar of today reads what its webhook wrote, as its own sidecar does', () => {
      const read = parseSidecarConfig(configOf(row.injected));
      expect(read).toMatchObject({ ok: true });
      expect(read).toEqual(older.parseSidecarConfig(configOf(row.injected)));
    });

    test('its sidecar reads what the webhook of today writes', () => {
      const written = configOf(callOn(row.pod, row).pod);
      const read = older.parseSidecarConfig(written);
      expect(read).toMatchObject({ ok: true });
      expect(read).toEqual(parseSidecarConfig(written));
    });

    test('a pod that it injected is known, and made what it would be today, once', () => {
      const today = callOn(row.pod, row);
      const again = callOn(row.injected, row);
      expect(again.decision.outcome).toBe('injected');
      expect(again.pod).toEqual(today.pod);
      expect(callOn(again.pod, row).pod).toEqual(again.pod);
    });

    test('what somebody put into its sidecar is set back', () => {
      const tampered = structuredClone(row.injected);
      const sidecar = sidecarOf(tampered) as unknown as { image: string; env: object[] };
      sidecar.image = 'registry.example/other:1';
      sidecar.env.push({ name: 'NODE_OPTIONS', value: '--require=/other.js' });
      expect(callOn(tampered, row).pod).toEqual(callOn(row.pod, row).pod);
    });

    test('uninject takes it out, as it takes out what is injected today', () => {
      const out = (pod: DraftPod): DraftPod => jsonPatch.applyPatch(structuredClone(pod), uninject(pod)).newDocument;
      expect(out(row.injected)).toEqual(out(callOn(row.pod, row).pod));
      expect(JSON.stringify(out(row.injected))).not.toMatch(/"rolechain["-]/);
    });
  });

  test('what its sidecar does not know it refuses by name, and never leaves out', () => {
    const [row] = rows;
    if (!row) throw new Error('no row');
    const written = configOf(callOn(row.pod, row, { useDualstackEndpoint: true }).pod);
    expect(parseSidecarConfig(written)).toMatchObject({ ok: true, value: { useDualstackEndpoint: true } });
    expect(older.parseSidecarConfig(written)).toMatchObject({
      ok: false,
      problems: [{ code: 'FieldUnknown', path: 'useDualstackEndpoint' }],
    });
  });
});
