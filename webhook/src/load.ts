/**
 * What is held for all requests at work together, and which of them gives way when it is too much. Pure.
 *
 * The longest at work gives way: an honest review comes in whole within milliseconds, and is answered in as many more;
 * a body that doesn't end, or an answer that nobody takes, is the oldest of all before long. So a flood turns itself
 * away, and a newcomer is served.
 */
export interface Load {
  /** A request that begins. `giveWay` is called at most once, when it has to stop; its share is then free already. */
  readonly begin: (giveWay: () => void) => Share;
  /** Bytes held in all. */
  readonly held: () => number;
}

export interface Share {
  /** Holds so many bytes more. May make any request give way, this one too. Without effect once it has ended. */
  readonly hold: (bytes: number) => void;
  /** Gives all of it back. */
  readonly end: () => void;
}

export function makeLoad(maxBytes: number): Load {
  /** The longest at work first: a Map keeps the order of insertion. */
  const shares = new Map<object, { bytes: number; readonly giveWay: () => void }>();
  let total = 0;

  const drop = (key: object): void => {
    total -= shares.get(key)?.bytes ?? 0;
    shares.delete(key);
  };

  return {
    begin: (giveWay) => {
      const key = {};
      shares.set(key, { bytes: 0, giveWay });
      return {
        hold: (bytes) => {
          const share = shares.get(key);
          if (share === undefined) return;
          share.bytes += bytes;
          total += bytes;
          if (total <= maxBytes) return;
          for (const [oldest, { giveWay: stop }] of shares) {
            if (total <= maxBytes) return;
            drop(oldest);
            stop();
          }
        },
        end: () => {
          drop(key);
        },
      };
    },
    held: () => total,
  };
}
