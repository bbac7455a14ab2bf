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
    "A port can't be listened on.",
    "Another container of the pod has it: declare it in that container's ports, and rolechain moves.",
  ),
  PortShared: e(
    503,
    'Another process of the pod took the credentials port while the sidecar was out, and still has connections on it.',
    'No token is written until they are closed: an SDK would send it there. End the container that took the port.',
  ),
  TokenUnwritable: e(
    503,
    "The token files can't be written.",
    'It is tried again by itself; see `kubectl describe pod` for the volume rolechain.',
  ),
  RegionUnknown: e(503, 'The Region is neither set nor a label of the node.', 'Set region in the settings.'),
  CacheNotSynced: e(
    503,
    'The ServiceAccounts are not listed yet.',
    'Check that the webhook may list and watch serviceaccounts.',
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
    'It is tried again by itself.',
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
    'It is put back by itself; where that goes on, the log names what writes it: have that leave caBundle alone.',
  ),
  ShuttingDown: e(503, 'The webhook is shutting down.', 'Another replica answers.'),
  CallerUnknown: e(
    401,
    'The caller showed no client certificate of the CA in the setting clientCA.',
    'Give the apiserver one (docs/apiserver-identity.md), or take the setting out.',
  ),
  CallerForbidden: e(
    403,
    "The common name of the caller's certificate is none of the setting clientNames.",
    'Add it there, or give the apiserver a certificate of one of these names.',
  ),
  ReviewMalformed: e(
    400,
    'The body is no AdmissionReview of admission.k8s.io/v1 with a Pod.',
    'Only the apiserver calls this path.',
  ),
  ReviewTooLarge: e(413, 'The AdmissionReview is over the limit.', 'An apiserver sends none so large.'),
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
    "It is tried again at the next pod; check the webhook's way to the apiserver.",
  ),
  PatchUnsound: e(500, 'A defect of rolechain: its patch does not apply.', "Report it with the pod's manifest."),
} as const satisfies Record<string, ErrorEntry>;
