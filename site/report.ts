/** What was seen of a page in the browser. */
export interface Seen {
  /** Each is one line. */
  readonly findings: readonly string[];
  /** Paths that the page leads to on its own host, without what follows `#`. */
  readonly links: readonly string[];
}

/** By the page's path below the folder. */
export type Report = Readonly<Record<string, Seen>>;
