/** What `rolechain doctor --output json` prints. */
import * as v from 'valibot';

export const DESCRIPTION =
  'The checks of an installation, of one identity, and what the sidecar of a pod says of each hop.';

/** `unknown`: it could not be looked at. `skipped`: there is nothing to look at. */
export const STATES = ['ok', 'warning', 'failed', 'unknown', 'skipped'] as const;
export type State = (typeof STATES)[number];

const check = v.strictObject({
  id: v.string(),
  category: v.string(),
  what: v.pipe(v.string(), v.description('What is so where all is well.')),
  state: v.picklist(STATES),
  reason: v.exactOptional(v.pipe(v.string(), v.description('What was found.'))),
  fix: v.exactOptional(v.string()),
  page: v.pipe(v.string(), v.description('A page of the docs, by its path in the repository.')),
});
export type CheckResult = v.InferOutput<typeof check>;

const hop = v.strictObject({
  step: v.pipe(v.string(), v.description('The base identity, or the ARN of a role.')),
  state: v.picklist(['ok', 'failed', 'not reached', 'unknown']),
});
const role = v.strictObject({
  role: v.string(),
  state: v.string(),
  secondsLeft: v.exactOptional(v.number()),
  hops: v.array(hop),
  code: v.exactOptional(v.string()),
  message: v.exactOptional(v.string()),
  fix: v.exactOptional(v.pipe(v.string(), v.description('The policy statement that is missing, where STS was asked.'))),
});
export type LiveRole = v.InferOutput<typeof role>;

const live = v.strictObject({
  namespace: v.string(),
  pod: v.string(),
  /** How its sidecar was asked, or why it was not. */
  asked: v.picklist(['proxy', 'exec', 'not']),
  note: v.string(),
  roles: v.array(role),
});
export type Live = v.InferOutput<typeof live>;

export const REPORT = v.strictObject({
  version: v.pipe(v.string(), v.description('Of the command line.')),
  server: v.string(),
  installedIn: v.string(),
  checks: v.array(check),
  live: v.exactOptional(live),
});
export type DoctorReport = v.InferOutput<typeof REPORT>;
