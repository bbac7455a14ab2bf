/**
 * The one table of coded errors. Its renderings: an HTTP answer (`status`), an admission message, a
 * log line, a metric label (the code) and an exit code. docs/errors.md is generated from it.
 */
export interface ErrorEntry {
  /**
   * HTTP status on the credentials endpoint. 503 means that it may pass by itself (transient); 4xx
   * that it won't without somebody's change. 404 and 429 are never used for what may pass: Java takes
   * a 404 for final, and Rust and Java don't retry a 429 (AWS SDK sources).
   */
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 500 | 503;
  /** What happened. */
  readonly text: string;
  /** What to do about it. */
  readonly fix: string;
}

const e = (status: ErrorEntry['status'], text: string, fix: string): ErrorEntry => ({ status, text, fix });

/** What can be wrong in a document that a person wrote: annotation, settings, configuration. */
const INPUT = {
  DocumentTooLarge: e(400, 'The document is larger than its limit.', 'Shorten it.'),
  DocumentUnreadable: e(
    400,
    'The document is neither a role ARN nor YAML nor JSON.',
    'Correct the syntax at the place that the message names.',
  ),
  DocumentWrongType: e(
    400,
    'The document is not a map of fields.',
    'Write a bare role ARN, or one `field: value` a line.',
  ),
  FieldUnknown: e(400, 'The field is not known to this version.', 'Correct its name, or leave it out.'),
  FieldMissing: e(400, 'A required field is missing.', 'Add it.'),
  FieldWrongType: e(
    400,
    'The value is of another type than the field takes.',
    'Write what it takes; text that looks like a number needs quotes.',
  ),
  FieldOutOfRange: e(400, "The value is outside the field's limits.", 'Write a value within these limits.'),
  FieldConflict: e(400, 'Two fields contradict each other.', 'Leave one of them out.'),
} as const satisfies Record<string, ErrorEntry>;

/** What the credentials endpoint answers to a request that is not in order. */
const REQUEST = {
  HostForbidden: e(
    403,
    'The Host header is not 127.0.0.1.',
    'Ask http://127.0.0.1 directly: a name that was rebound to it is refused.',
  ),
  BrowserForbidden: e(
    403,
    'The request comes from a page in a browser.',
    'Leave out the headers Origin, Referer and Sec-Fetch-Site: no SDK sends them.',
  ),
  PathUnknown: e(404, 'There is nothing at this path.', 'Use the URL in AWS_CONTAINER_CREDENTIALS_FULL_URI as it is.'),
  MethodNotAllowed: e(405, 'Another method is answered here.', 'Use the one in the Allow header.'),
  TokenMissing: e(
    401,
    'The request has no Authorization header.',
    'Use an SDK that reads AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE (README, What to know).',
  ),
  TokenUnknown: e(
    401,
    'The Authorization header is not a token of this pod.',
    'Read the token file again, without a newline at its end.',
  ),
  RoleForbidden: e(
    403,
    'The token is not that of this role, or the role does not exist.',
    "Use the URL and token file that stand in this container's environment.",
  ),
  RequestMalformed: e(
    400,
    'The request is not HTTP as this server reads it.',
    'Send a plain GET request with small headers.',
  ),
  TooManyRequests: e(
    503,
    'Too many requests wait for the same credentials.',
    'Ask less often; SDKs share one credential provider a process.',
  ),
  InternalError: e(500, 'A defect of rolechain.', 'Report it with the log line of this code.'),
} as const satisfies Record<string, ErrorEntry>;

/** Why there are no credentials (yet). */
const CREDENTIALS = {
  NotReady: e(
    503,
    'The first credentials of this role are still being fetched.',
    "Wait; if it lasts, the sidecar's log says what it waits for.",
  ),
  BaseTokenUnreadable: e(
    503,
    "The projected token of the base identity can't be read, or is empty.",
    'The kubelet writes it; see `kubectl describe pod` for mount errors.',
  ),
  BaseTokenMalformed: e(
    503,
    'The projected token of the base identity has not the form of a JWT.',
    'The kubelet writes it whole; it is read again by itself. If it lasts, look at what writes that file.',
  ),
  AgentUnreachable: e(
    503,
    'The Pod Identity agent does not answer.',
    'Install the add-on eks-pod-identity-agent, or name another credentialSource.',
  ),
  AgentNoAssociation: e(
    503,
    'The Pod Identity agent knows no association for this ServiceAccount.',
    'Create it (aws eks create-pod-identity-association), or set credentialSource: irsa.',
  ),
  AgentThrottled: e(503, 'The Pod Identity agent, or EKS Auth behind it, throttles.', 'It is tried again by itself.'),
  AgentUnavailable: e(
    503,
    'The Pod Identity agent, or EKS Auth behind it, failed.',
    "It is tried again by itself; see the agent's log.",
  ),
  AgentRefused: e(
    403,
    "The Pod Identity agent refused this pod's token.",
    "The message says why: mostly the association's role does not trust pods.eks.amazonaws.com, or the cluster is another.",
  ),
  AgentNonsense: e(
    503,
    'The Pod Identity agent answered something that is no credentials.',
    'Check what listens at its address.',
  ),
  StsUnreachable: e(503, 'STS does not answer.', 'Check DNS, egress rules and the STS endpoint of the Region.'),
  StsThrottled: e(503, 'STS throttles this account.', 'It is tried again by itself.'),
  StsUnavailable: e(503, 'STS failed.', 'It is tried again by itself.'),
  StsNonsense: e(
    503,
    'STS answered something that is no session.',
    'Check what listens at the STS endpoint (a proxy, a captive portal).',
  ),
  StsAccessDenied: e(
    403,
    'STS refused: the caller may not assume this role.',
    "Allow sts:AssumeRole on the role for the caller that the message names, and name that caller in the role's trust policy, with the same ExternalId.",
  ),
  StsRejected: e(400, 'STS refused a parameter.', 'The message names it.'),
  StsRegionDisabled: e(
    403,
    'STS is not enabled in this Region for the account.',
    'Enable the Region in the account, or set stsRegion.',
  ),
  StsCredentialsExpired: e(
    503,
    'The base credentials or token were refused as expired or unknown.',
    'New ones are fetched by themselves; if it lasts, check the clock of the node.',
  ),
  StsTokenRejected: e(
    403,
    'STS refused the web identity token.',
    "Register the cluster's OIDC issuer as a provider in the account of the base role, with the audience sts.amazonaws.com.",
  ),
  ExternalIDMissing: e(
    400,
    'The Secret or key behind externalIDFrom is not there.',
    'Create it in the namespace of the pod; it is read again by itself, within a minute or two.',
  ),
  ExternalIDInvalid: e(
    400,
    'The value behind externalIDFrom is no ExternalId.',
    'Store 2-1224 characters of [A-Za-z0-9_+=,.@:/-] without a newline at the end.',
  ),
  TokenRequestForbidden: e(
    403,
    'This pod may not request a token of the other ServiceAccount.',
    'Apply a Role with create on serviceaccounts/token and a RoleBinding to the ServiceAccount of this pod in that namespace (manifests/samples).',
  ),
  TokenRequestAccountMissing: e(
    400,
    'The other ServiceAccount does not exist.',
    'Create it, or correct the field serviceAccount; it is asked for again by itself.',
  ),
  TokenRequestRefused: e(
    403,
    'The apiserver refused a TokenRequest.',
    "The message says why. After a 401, this pod's own ServiceAccount was deleted or made anew: make the pod anew.",
  ),
  TokenRequestUnavailable: e(503, 'The apiserver did not answer a TokenRequest.', 'It is tried again by itself.'),
  EnvironmentEmpty: e(
    503,
    'The Secret of credentialSource: environment holds no credentials.',
    'Put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a file config or credentials, into the Secret that the admin names.',
  ),
  EnvironmentForbidden: e(
    403,
    'The shared config file asks for a source that is not used here.',
    'Use static keys, role_arn with source_profile, or credential_process: never web identity, container or instance metadata.',
  ),
  EnvironmentInvalid: e(
    400,
    'The shared config file has no profile that gives credentials.',
    'The message says why; the Secret is read again by itself.',
  ),
  EnvironmentFailed: e(
    503,
    'The Secret of credentialSource: environment could not be read, or its credential_process failed.',
    'The message says why; it is tried again by itself.',
  ),
} as const satisfies Record<string, ErrorEntry>;

/** What ends a program, or keeps the webhook from being ready. */
const PROGRAM = {
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
  TokenUnwritable: e(500, "The token files can't be written.", 'See `kubectl describe pod` for the volume rolechain.'),
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
  WebhookConfigurationMissing: e(503, 'The webhook configuration does not exist.', 'Apply manifests/install.yaml.'),
  WebhookConfigurationForbidden: e(
    503,
    'The webhook configuration may not be read or patched.',
    'Apply the ClusterRole of manifests/.',
  ),
  ShuttingDown: e(503, 'The webhook is shutting down.', 'Another replica answers.'),
  ReviewMalformed: e(
    400,
    'The body is no AdmissionReview of admission.k8s.io/v1 with a Pod.',
    'Only the apiserver calls this path.',
  ),
  ReviewTooLarge: e(413, 'The AdmissionReview is over the limit.', 'An apiserver sends none so large.'),
  LookupFailed: e(
    503,
    'The ServiceAccount could not be looked up in time.',
    "It is tried again at the next pod; check the webhook's way to the apiserver.",
  ),
  PatchUnsound: e(500, 'A defect of rolechain: its patch does not apply.', "Report it with the pod's manifest."),
} as const satisfies Record<string, ErrorEntry>;

export const ERRORS = { ...INPUT, ...REQUEST, ...CREDENTIALS, ...PROGRAM } as const;
export type ErrorCode = keyof typeof ERRORS;

/** The groups in which the reference shows the codes. */
export const ERROR_GROUPS: Readonly<Record<string, Readonly<Record<string, ErrorEntry>>>> = {
  'Documents that people write': INPUT,
  'Requests to the credentials endpoint': REQUEST,
  "Credentials that can't be had": CREDENTIALS,
  'The programs themselves': PROGRAM,
};

/** The table's entry of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

/** An error of the table, with what this case adds (never a secret). */
export class CodedError extends Error {
  readonly code: ErrorCode;

  /** `detail` is a sentence about this case; without it, the message is the table's text alone. */
  constructor(code: ErrorCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? ERRORS[code].text : `${ERRORS[code].text} ${detail}`, options);
    this.name = 'CodedError';
    this.code = code;
  }

  /** False where it may pass without anybody's change. */
  get terminal(): boolean {
    return ERRORS[this.code].status !== 503;
  }

  get fix(): string {
    return ERRORS[this.code].fix;
  }
}
