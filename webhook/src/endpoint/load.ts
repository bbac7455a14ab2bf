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

/** One of a ring in the order of age. */
interface Link {
  bytes: number;
  giveWay: () => void;
  before: Link;
  behind: Link;
}

const nothing = (): void => undefined;

export function makeLoad(maxBytes: number): Load {
  // Not a Map: thousands of entries a second come and go, and each table that it outgrows keeps the next one, with all that
  // is in it, from the garbage collector's short work.
  const ring: Link = lone(nothing);
  let total = 0;

  const isHeld = (link: Link): boolean => link.before !== link;
  const drop = (link: Link): void => {
    if (!isHeld(link)) return;
    total -= link.bytes;
    link.before.behind = link.behind;
    link.behind.before = link.before;
    // It leads nowhere: what is gone must not hold what is at work.
    link.before = link.behind = link;
  };

  return {
    begin: (giveWay) => {
      const link = lone(giveWay);
      link.before = ring.before;
      link.behind = ring;
      ring.before.behind = link;
      ring.before = link;
      return {
        hold: (bytes) => {
          if (!isHeld(link)) return;
          link.bytes += bytes;
          total += bytes;
          while (total > maxBytes) {
            const oldest = ring.behind;
            drop(oldest);
            oldest.giveWay();
          }
        },
        end: () => drop(link),
      };
    },
    held: () => total,
  };
}

function lone(giveWay: () => void): Link {
  const link = { bytes: 0, giveWay } as Link;
  link.before = link.behind = link;
  return link;
}
