import { LIMITS } from '../limits.ts';
import { e, type ErrorEntry } from './entry.ts';

/** What ends a program, or keeps the webhook from being ready. */
export const PROGRAM = {
  ConfigInvalid: e(
    500,
    'ROLECHAIN_CONFIG is not valid.',
    'The webhook writes it: use the same version of both images.',
  ),
  SettingsInvalid: e(500, 'The settings file is not valid.', 'Correct the fields that the message names.'),
  ListenFailed: e(
    500,
    'Cannot listen on the port.',
    "Another container of the pod uses it. Declare it in that container's ports and recreate the pod: rolechain then takes another.",
  ),
  PortShared: e(
    503,
    'Another process of the pod took the credentials port while the sidecar was out, and still has connections on it.',
    'No token is written until they are closed: an SDK would send it there. End the container that took the port.',
  ),
  TokenUnwritable: e(
    503,
    'Cannot write the token files.',
    'Wait: rolechain retries automatically. See `kubectl describe pod` for the volume rolechain.',
  ),
  RegionUnknown: e(503, 'The Region is neither set nor a label of the node.', 'Set region in the settings.'),
  CacheNotSynced: e(
    503,
    'The ServiceAccounts are not listed yet.',
    'Check that the webhook may list and watch serviceaccounts and namespaces: apply the ClusterRole of manifests/.',
  ),
  CertificatesUnavailable: e(
    503,
    'There is no serving certificate yet.',
    'See the log line of the code that precedes it.',
  ),
  CertificateSecretForbidden: e(
    503,
    'The Secret of the certificate may not be read or written.',
    'Apply the Role of manifests/.',
  ),
  CertificateSecretUnwritable: e(
    503,
    'The Secret of the certificate could not be written.',
    'Wait: rolechain retries automatically.',
  ),
  WebhookConfigurationMissing: e(
    503,
    'The webhook configuration does not exist: apiservers call no webhook.',
    'Apply manifests/install.yaml.',
  ),
  WebhookConfigurationForbidden: e(
    503,
    'The webhook configuration may not be read or patched.',
    'Apply the ClusterRole of manifests/.',
  ),
  CABundleUnpublished: e(
    503,
    "The webhook configuration's caBundle is not the one of the webhook's CA: apiservers can't call it.",
    "Wait: rolechain restores it automatically. If it keeps changing, the log names what writes it; make that leave caBundle alone. With certDir: look at the log of cert-manager's CA injector.",
  ),
  GuardDenies: e(
    503,
    'The setting mode is audit, but a binding of the guard still denies: pods that ask for a role are refused.',
    'Apply the overlay audit, or set validationActions of the bindings to [Audit, Warn].',
  ),
  GuardUnknown: e(
    503,
    'The setting mode is audit, and the bindings of the guard cannot be read.',
    'Apply the ClusterRole of manifests/.',
  ),
  WarmingUp: e(
    503,
    'The webhook answers reviews of its own before it takes those of apiservers.',
    'Wait: it ends within 5 s.',
  ),
  ShuttingDown: e(503, 'The webhook is shutting down.', 'Another replica answers.'),
  CallerUnknown: e(
    401,
    'The caller showed no client certificate of the CA in the setting clientCA.',
    'Give the apiserver one (docs/apiserver-identity.md), or remove the setting.',
  ),
  CallerForbidden: e(
    403,
    "The common name of the caller's certificate is not in the setting clientNames.",
    'Add it there, or give the apiserver a certificate of one of these names.',
  ),
  ReviewMalformed: e(
    400,
    'The body is not an AdmissionReview of admission.k8s.io/v1 with a Pod.',
    'Only the apiserver calls this path.',
  ),
  ReviewTooLarge: e(
    413,
    'The AdmissionReview is over the limit.',
    'Only the apiserver calls this path, and it sends none so large.',
  ),
  RequestLate: e(
    408,
    'The request did not come in whole in time, or its answer was not taken.',
    `Send it within ${LIMITS.requestMs / 1000} seconds of its first byte, and read the answer.`,
  ),
  TooManyReviews: e(
    503,
    'The reviews in flight hold more memory than the webhook has for them.',
    'The apiserver asks again; if it lasts, see who calls the webhook beside it, and set clientCA.',
  ),
  LookupFailed: e(
    503,
    'The ServiceAccount could not be looked up in time.',
    "Wait: rolechain looks it up again for the next pod. Check the webhook's connection to the apiserver.",
  ),
  PatchInvalid: e(
    500,
    'Internal error: the patch does not apply. This is a bug in rolechain.',
    "Report it with the pod's manifest.",
  ),
} as const satisfies Record<string, ErrorEntry>;
