/** Every figure that more than one place must agree on, with its unit in the name and its source. */
export const LIMITS = {
  /** Size of an annotation document. Kubernetes allows 256 KiB for all annotations of an object together. */
  annotationBytes: 32 * 1024,
  /**
   * Other annotations that are read: a word, a quantity (apimachinery, quantity.go: 18 digits and a suffix say all), the
   * lists of containers (80 with names of 63 characters, each with two roles), the patterns of allowed-roles.
   */
  wordBytes: 64,
  /** A key of our prefix: the API takes 63 characters behind it (apimachinery, validation.IsQualifiedName). */
  annotationKeyChars: 'rolechain.io/'.length + 63,
  quantityChars: 64,
  skipContainersBytes: 8 * 1024,
  containerRolesBytes: 16 * 1024,
  allowedRolesBytes: 8 * 1024,
  /**
   * Compiled and matched by the apiserver for pods under a default (manifests/components/default-role): by as much it takes some
   * 4 ms of a core at most, and four times as long by 4 KiB (docs/guard.md).
   */
  assumeRoleAccountsBytes: 1024,
  allowedRolesPatterns: 100,
  /** What others' annotations may have that go into the pod's patch: EKS' and Velero's lists, the audience of a token. */
  eksSkipContainersBytes: 16 * 1024,
  /** What rolechain adds to it: the names of 250 containers and the sidecar's. */
  eksSkipContainersAddedBytes: 251 * 64,
  veleroExcludesBytes: 16 * 1024,
  audienceMax: 1024,
  /**
   * What a YAML document of this size may be made of: words, signs and the spaces between them; lists and maps in each
   * other; aliases; values, with what aliases repeat. 32 roles with 50 tags each have 15,461 words and signs, and 128
   * aliases where they share four parts (adr/0014; test/hostile/yaml.test.ts holds the costliest texts against them).
   */
  yamlTokens: 16_384,
  yamlDepth: 32,
  yamlAliases: 512,
  yamlNodes: 8192,
  /** Problems of one document that are kept: a message that is cut at `messageChars` shows fewer. */
  problemsKept: 100,
  /** ROLECHAIN_CONFIG. Linux refuses a single environment string over 128 KiB (MAX_ARG_STRLEN). */
  configBytes: 96 * 1024,
  /** A shared config file in the Secret of `credentialSource: environment`: hundreds of profiles, and read at once. */
  environmentFileBytes: 64 * 1024,
  /** STS API reference, AssumeRole: RoleArn. */
  roleARNMin: 20,
  roleARNMax: 2048,
  /** STS API reference, AssumeRole: ExternalId. */
  externalIDMin: 2,
  externalIDMax: 1224,
  /** STS API reference, AssumeRole: RoleSessionName. */
  sessionNameMin: 2,
  sessionNameMax: 64,
  /** The template itself: longer ones are a mistake, since the result is cut to 64. */
  sessionNameTemplateMax: 512,
  /** STS API reference, AssumeRole: DurationSeconds, and the limit of role chaining. */
  durationMinSeconds: 900,
  durationMaxChainedSeconds: 3600,
  durationDefaultSeconds: 3600,
  /** Where the target is reached by web identity alone (a role's MaxSessionDuration may be less). */
  durationMaxSeconds: 43_200,
  /** STS API reference, AssumeRole: Tags. */
  tags: 50,
  tagKeyMax: 128,
  tagValueMax: 256,
  /** Our own, of a value with placeholders: the result has the limit of STS's. */
  tagTemplateMax: 512,
  /** Our own, of the setting allowedServiceAccounts: each is matched against each account that asks. */
  allowedServiceAccounts: 100,
  /** STS API reference, AssumeRole: Policy and PolicyArns; the plain text of both together. */
  policyChars: 2048,
  /** Lists and maps of a policy in each other: IAM's own grammar has six. */
  policyDepth: 32,
  policyARNs: 10,
  /** Our own: a chain is walked at every refresh, and a hop is a call. */
  via: 5,
  roles: 32,
  /** The name of a Region: the longest has 14 characters. */
  regionMax: 32,
  /** Secrets of the admin's that are added to a pod. One registry takes one. */
  imagePullSecrets: 8,
  /** Addresses of the Pod Identity agent. EKS has two. */
  agentEndpoints: 8,
  /** One of them, and that of an STS endpoint. */
  urlMax: 2048,
  /** A path, or a part of one, in a setting. Linux takes 4,096 (PATH_MAX). */
  pathChars: 1024,
  /** Below it botocore and .NET refresh all the time (they ask again with less than 15 minutes left). */
  durationUnwiseSeconds: 1800,
  /** An AdmissionReview carries object and oldObject, each at most 3 MiB (apiserver MaxRequestBodyBytes). */
  reviewBytes: 8 * 1024 * 1024,
  /**
   * Lists and maps in each other, all of them together, and all members and elements: over what a pod of 1.5 MiB has,
   * more than which etcd doesn't take.
   */
  reviewDepth: 500,
  reviewObjects: 100_000,
  reviewValues: 250_000,
  /**
   * Memory for all reviews at work: their bodies as they come in, what is made of them, and answers that aren't taken yet.
   * Beside a cache of 100,000 accounts it is within V8's heap of 280 MiB, its limit in a container of 512.
   */
  reviewsInFlightBytes: 96 * 1024 * 1024,
  /**
   * Connections to the webhook's ports. An apiserver has one for each review that it waits for, and keeps 25 idle ones
   * (apimachinery, util/net/http.go); it works on 600 requests at once (--max-requests-inflight and its sibling).
   */
  webhookConnections: { admission: 1024, health: 64 },
  /**
   * Connections that the kernel holds until a program takes them; it takes the less of this and net.core.somaxconn. Over it, it
   * drops a client's first packet, and the client sends the next one after a second, at which SDKs give up and half of
   * the apiserver's time is gone. Taking one costs 0.1 ms.
   */
  listenBacklog: 4096,
  /** Requests of one connection at work. Clients that don't pipeline have one, and may send the next before we know that
   * they have taken the answer. */
  requestsOfConnection: 2,
  /** From the first byte of a request to the webhook until its answer is taken. The apiserver gives up after 2 s. */
  requestMs: 5000,
  /**
   * Of a pod that asks for a role: containers of all kinds; variables, mounts, ports, volumes, labels and the like together;
   * operations of its patch. Far over what fits into the 1.5 MiB that etcd takes of a pod that somebody runs. The
   * annotation `status` has at most one role's name for each operation.
   */
  podContainers: 250,
  podEntries: 5000,
  /** The API takes a DNS label. */
  containerNameChars: 63,
  patchOperations: 3000,
  /** Of NO_PROXY: a longer one isn't read; of the entries that begin as loopback does, the first are. */
  noProxyChars: 4096,
  noProxyEntries: 16,
  /** Of a review's uid, which is a UUID. */
  uidChars: 128,
  /** Ports to which the sidecar may move: a user that is not root may listen on these. */
  portMin: 1024,
  portMax: 65_535,
  /** Projected tokens: the agent caches by token, so pods must not all renew at once. EKS's own range. */
  tokenExpirationMinSeconds: 79_200,
  tokenExpirationMaxSeconds: 86_400,
  /** How long a request that can't be answered yet is held: under the 1 s at which SDKs give up. */
  holdMs: 800,
  /** How long a token that was replaced at the sidecar's start is answered 503, so that SDKs read the new one, not 401. */
  replacedTokenSeconds: 60,
  /**
   * Requests held at once, of all roles together (sidecar/src/endpoint/places.ts shares them out), and beside them requests with a
   * token that was replaced; more are answered 503 right away. 1024 took the memory limit (test/faults/flood.test.ts).
   */
  heldRequests: 320,
  heldReplacedRequests: 64,
  /**
   * Connections on each of the sidecar's ports. `idle`: without a request; a head of 8 KiB on all of them is well under half
   * of the memory limit. Not fewer on loopback: while 5,000 a second are opened, an SDK has a tenth of a second for its request.
   * `atWork`: with a request whose answer is there and not taken. `requestsAtWork`: of one connection; no SDK sends any
   * ahead. `writtenBytes`: to all that are open, since the kernel keeps what nobody reads on our account (test/floods).
   */
  sidecarConnections: {
    credentials: { idle: 512, atWork: 384, requestsAtWork: 2, writtenBytes: 8 * 1024 * 1024 },
    health: { idle: 64, atWork: 64, requestsAtWork: 2, writtenBytes: 4 * 1024 * 1024 },
  },
  /** Requests that one connection to the sidecar may have in all, before it is closed behind an answer that says so. */
  sidecarConnectionRequests: 128,
  /** Head of a request to the sidecar. SDKs send 1 KiB; tracing may add W3C baggage to it. */
  sidecarHeadBytes: 8 * 1024,
  /** A role with `startup: proceed` holds the pod's start no longer than this. */
  startupSeconds: 30,
  /** What lasts is logged so often: in any 5 minutes of a log there is a line of it. */
  failureLogSeconds: 240,
  /** How far the node's clock may be from AWS's before that is warned of: the least that a signature may be off is 5 minutes. */
  clockOffsetSeconds: 60,
  /** Up to which the offset is corrected. Tokens end within a day, so that with more the node has no base identity. */
  clockOffsetMaxSeconds: 86_400,
  /** A live look-up of a ServiceAccount, within the apiserver's 2 s for the whole call; how many at once of a kind. */
  liveLookupMs: 500,
  liveLookups: 16,
  /**
   * Answers of the apiserver that the webhook reads. A page over its limit is asked for again with fewer objects. One object
   * has at most 1.5 MiB in etcd, and in JSON six times that where each character is escaped.
   */
  pageBytes: 2 * 1024 * 1024,
  objectBytes: 16 * 1024 * 1024,
  liveObjectBytes: 2 * 1024 * 1024,
  /**
   * Annotations of all ServiceAccounts and of all Namespaces in the webhook's memory, twice that while they are listed again:
   * what there is no room for is looked up live. 100,000 accounts take 26 MB, every tenth of them with 300 characters.
   */
  accountsKeptBytes: 48 * 1024 * 1024,
  namespacesKeptBytes: 8 * 1024 * 1024,
  /** LimitRanges, of which only what concerns a sidecar is kept; items of one, and how many of one namespace are read. */
  limitRangesKeptBytes: 8 * 1024 * 1024,
  limitRangeItems: 16,
  limitRangesOfNamespace: 16,
  /** Of a token: what EKS or an OIDC provider would take for one. */
  audienceChars: 1024,
  /**
   * What one run of the command line reads, before it is parsed: all files together, documents of one file, files of a folder. A
   * cluster's whole state is larger, and is asked for live.
   */
  manifestBytes: 32 * 1024 * 1024,
  manifestDocuments: 10_000,
  manifestFiles: 1000,
  /** Warnings: the apiserver cuts each of them once all are over 4096 characters (filters/warning.go). */
  warningChars: 256,
  /** Warnings of one answer, and places that one message names: more help nobody, and would fill the log. */
  warnings: 20,
  placesNamed: 10,
  /** Annotations kept as they were read, in the webhook: how many, and characters of all of them together. */
  readsKept: 2048,
  readsKeptChars: 8 * 1024 * 1024,
  /** An admission message is for people: what is over it is cut, with a count of what is left out. */
  messageChars: 4096,
  /** Of an event's note and the name of who reports it (kubernetes, pkg/apis/core/validation/events.go). */
  eventNoteBytes: 1024,
  eventInstanceChars: 128,
  /** Events whose repetitions a webhook counts; when it writes the count of one: first, and after twice as long each time. */
  eventSeries: 1024,
  eventRepeatMs: 5000,
  eventRepeatMaxMs: 300_000,
  /** What the apiserver did not take for so long is dropped; more than the longest rest between two writes of one event. */
  eventWaitMs: 600_000,
  /** Writes of events: after a burst so many per second, and of one namespace one new event per 5 s. */
  eventsBurst: 25,
  eventsPerSecond: 5,
  eventsOfNamespaceBurst: 25,
  eventsOfNamespaceMs: 5000,
  /** Namespaces whose share is counted. */
  eventNamespaces: 1024,
  /** How long a pod that was left alone is remembered, in case its account asks after all, and of how many accounts. */
  lateAnnotationMs: 30_000,
  lateAnnotationAccounts: 4096,
  /** Of the command line: one answer of the apiserver, a page of a list, the answer of a sidecar, a command in its container. */
  commandAnswerMs: 15_000,
  /** Of a login by the kubeconfig's exec plugin, which may ask a person. */
  commandLoginMs: 60_000,
  commandPageMs: 60_000,
  commandLiveMs: 5000,
  commandExecMs: 20_000,
  /** An object is at most 3 MiB (apiserver MaxRequestBodyBytes). What a sidecar says of 32 roles is under 64 KiB. */
  commandAnswerBytes: 4 * 1024 * 1024,
  commandPageBytes: 64 * 1024 * 1024,
  commandLiveBytes: 256 * 1024,
  /** Objects of a kind that a command reads, and sidecars that it asks at once. */
  commandObjects: 200_000,
  commandLiveAtOnce: 16,
} as const;
