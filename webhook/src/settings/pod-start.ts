/** Settings of what a pod waits for: its start, and its readiness. */
import * as v from 'valibot';
import { LIMITS, STARTUPS } from '@rolechain/shared';
import { setting, type Setting } from './setting.ts';

const READINESS = ['none', 'credentials'] as const;

/** `credentials`: the pod is ready while every role that it holds has valid ones. */
export type Readiness = (typeof READINESS)[number];

export const POD_START = {
  startup: setting(
    `one of ${STARTUPS.join(', ')}`,
    'proceed',
    `The \`startup\` of roles that write none: whether a pod without a first credential starts after ${LIMITS.startupSeconds} s all the same.`,
    (expects) => v.picklist(STARTUPS, expects),
  ),
  readiness: setting(
    `one of ${READINESS.join(', ')}`,
    'none',
    "`credentials`: the sidecar has a readiness probe, which fails while a role that a container holds has no valid credentials; the pod's event names role, code and fix. **A native sidecar's readiness is the pod's**: while AWS fails for longer than sessions last, Services lose every injected pod.",
    (expects) => v.picklist(READINESS, expects),
  ),
} satisfies Record<string, Setting>;
