/** What an event of the Kubernetes API says (events.k8s.io/v1), before it is written. */

/** The object that it is about, in whose `kubectl describe` it stands. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `kubectl describe` looks for it. Undefined: it is looked up, which only ServiceAccounts can be. */
  readonly uid?: string;
}

export interface EventDraft {
  readonly regarding: Regarding;
  /** What was tried. */
  readonly action: 'Inject' | 'Write';
  /** In CamelCase: a code of the table of reasons, or one of EVENT_REASONS. */
  readonly reason: string;
  /** For people; the API takes LIMITS.eventNoteBytes. */
  readonly note: string;
  /**
   * Of a pod that a review has changed already: most often the same one, since apiservers ask again where something changed a pod
   * behind the webhook (reinvocationPolicy).
   */
  readonly isAgain?: boolean;
}

/** Of pods that have only warnings, whose own reason says nothing of these. */
export const EVENT_REASONS = { injected: 'InjectedWithWarnings', skipped: 'SkippedWithWarnings' } as const;
