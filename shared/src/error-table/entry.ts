/** One entry of the table of errors. */
export interface ErrorEntry {
  /**
   * HTTP status on the credentials endpoint. 503 means that it may pass by itself (transient); 4xx
   * that it won't without somebody's change. 404 and 429 are never used for what may pass: Java takes
   * a 404 for final, and Rust and Java don't retry a 429 (AWS SDK sources).
   */
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 500 | 503;
  /** What happened. */
  readonly text: string;
  /** What to do about it. */
  readonly fix: string;
}

export const e = (status: ErrorEntry['status'], text: string, fix: string): ErrorEntry => ({ status, text, fix });
