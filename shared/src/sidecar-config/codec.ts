/**
 * The sidecar's configuration: one versioned document that the webhook writes into ROLECHAIN_CONFIG
 * and the sidecar reads. Both go through this file, so that they can't disagree.
 */
import { LIMITS } from '../limits.ts';
import { problem, type Result } from '../problem.ts';
import { check } from '../schema.ts';
import { configRuleProblems } from './rules.ts';
import { configSchema } from './schema.ts';
import type { SidecarConfig } from './types.ts';

export { ENDPOINT_TOKEN } from './schema.ts';

/**
 * The document as ROLECHAIN_CONFIG carries it. Every `$` is written \u0024: the kubelet expands
 * `$(NAME)` in environment values and turns `$$` into `$` (k8s.io/kubernetes third_party/forked/golang/expansion).
 */
export function writeSidecarConfig(config: SidecarConfig): string {
  return JSON.stringify(config).replaceAll('$', String.raw`\u0024`);
}

/** Reads what `writeSidecarConfig` wrote; every problem names its field. No input throws. */
export function parseSidecarConfig(json: string): Result<SidecarConfig> {
  const bytes = Buffer.byteLength(json);
  if (bytes > LIMITS.configBytes) {
    return {
      ok: false,
      problems: [problem('DocumentTooLarge', '', `has ${bytes} bytes; its limit is ${LIMITS.configBytes}`)],
    };
  }
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    return { ok: false, problems: [problem('DocumentUnreadable', '', 'is not valid JSON')] };
  }
  return checkSidecarConfig(data);
}

/**
 * The configuration, or every problem in it: by the annotation's own field schemas and rules. Admission asks
 * it of what it is about to write, the sidecar of what it was given, so that neither takes what the other refuses.
 */
export function checkSidecarConfig(data: unknown): Result<SidecarConfig> {
  const checked = check(configSchema(data), data);
  const problems = checked.ok ? configRuleProblems(checked.value) : [];
  return problems.length > 0 ? { ok: false, problems } : checked;
}
