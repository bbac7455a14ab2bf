/** Time and chance, as everything that waits takes them: tests hand in a simulated one. */
export interface Clock {
  /** Milliseconds since 1970, by the node's clock. It may jump. */
  now(): number;
  /** Milliseconds since the process began. It never jumps. */
  uptime(): number;
  /** Calls back after `ms`, once; the function returned takes the timer back. */
  setTimer(ms: number, callback: () => void): () => void;
  /** Uniform in [0, 1). */
  random(): number;
}

export const systemClock: Clock = {
  now: Date.now,
  uptime: () => performance.now(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
