/** What `rolechain status --output json` prints. */
import * as v from 'valibot';

export const DESCRIPTION = 'The pods that hold an AWS role or should, and until when each has credentials.';

/** How a pod stands; the worst of its roles decides. */
export const POD_STATES = {
  valid: 'Every role has valid credentials.',
  stale: 'The credentials are valid, and the last fetch of newer ones failed.',
  lost: 'A role has no valid credentials, or the credentials endpoint does not listen.',
  waiting: 'The sidecar fetches its first credentials.',
  starting: 'The sidecar does not run yet.',
  late: 'The ServiceAccount or its annotation is younger than the pod.',
  slipped:
    'The ServiceAccount asks for a role, and the pod was not injected: the webhook was not called, or nothing tells why.',
  'not-covered': "The webhook is not called for the pod's namespace.",
  skipped: 'rolechain left the pod without a sidecar, for the reason that it wrote.',
  'opted-out': 'The pod asks to be left alone.',
  unknown: 'The sidecar cannot be asked.',
} as const;
export type PodState = keyof typeof POD_STATES;

const name = v.string();
const error = v.strictObject({ code: v.string(), message: v.string(), fix: v.string() });

export const REPORT = v.strictObject({
  namespace: v.pipe(v.nullable(name), v.description('Null: all namespaces.')),
  installed: v.pipe(v.nullable(v.string()), v.description('Version of the webhook; null where it is not known.')),
  pods: v.array(
    v.strictObject({
      namespace: name,
      name,
      serviceAccount: name,
      owner: v.strictObject({ kind: v.string(), name }),
      state: v.picklist(Object.keys(POD_STATES) as PodState[]),
      roles: v.array(
        v.strictObject({
          name,
          state: v.picklist(['valid', 'fetching', 'failing']),
          until: v.pipe(
            v.nullable(v.pipe(v.string(), v.isoTimestamp())),
            v.description('When its credentials expire; null without valid ones.'),
          ),
          error: v.pipe(v.nullable(error), v.description('Of the last fetch.')),
        }),
      ),
      annotation: v.pipe(
        v.picklist(['same', 'changed', 'removed', 'unknown']),
        v.description("The ServiceAccount's annotation, beside the one that the pod was made of."),
      ),
      version: v.pipe(
        v.nullable(v.string()),
        v.description('That injected the pod; null where it is not injected, or no version known.'),
      ),
      isOlder: v.pipe(
        v.boolean(),
        v.description(
          "Injected by an older version than the webhook's, or than this command's where that is not known.",
        ),
      ),
      askedBy: v.pipe(v.nullable(v.picklist(['proxy', 'exec'])), v.description('How the sidecar was asked.')),
      why: v.pipe(v.nullable(v.string()), v.description('What is wrong, a sentence or more.')),
      fix: v.nullable(v.string()),
    }),
  ),
  strays: v.pipe(
    v.array(v.strictObject({ namespace: name, name, keys: v.array(name) })),
    v.description('ServiceAccounts with keys that read like those of rolechain and that it does not read on them.'),
  ),
  others: v.pipe(v.number(), v.description('Pods that hold no role and should not, and those that have ended.')),
  notes: v.pipe(v.array(v.string()), v.description('What could not be read.')),
});

export type StatusReport = v.InferOutput<typeof REPORT>;
export type StrayKeys = StatusReport['strays'][number];
export type PodStatus = StatusReport['pods'][number];
