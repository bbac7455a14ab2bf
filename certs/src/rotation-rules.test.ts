/** The rules of the plan one by one: what is published, which CAs stay, who signs and when, what may be served. */
import { BACKDATED_MS, CERTIFICATE_TIMES, RENEWAL, parseCertificateLifetimes } from '@rolechain/shared';
import { MOST_AUTHORITIES, type Authority, type Leaf } from './rotation.ts';
import {
  DOUBTFUL,
  ENDED,
  FIRST,
  FORMER,
  LEAF,
  OTHER,
  SECOND,
  WALL,
  WHOLE,
  ca,
  leafOf,
  next,
  replica,
  seen,
} from './testing/rotation-facts.ts';
import { DAY_MS } from './testing/rotation-world.ts';

const { leafMs, lagMs, settleMs, checkMs } = CERTIFICATE_TIMES;
const REST = { do: 'rest', forMs: checkMs };
const publish = (...bundle: Authority[]): object => ({ do: 'publish', bundle, others: 'keep' });

describe('what is published', () => {
  it('the CA of what is served, whatever the Secret holds', () => {
    const published = [[FIRST], [OTHER]];
    for (const secret of ['unknown', 'missing'] as const) expect(next({ secret, published })).toEqual(publish(FIRST));
    const secret = { bundle: [SECOND], signer: SECOND, leaf: leafOf([SECOND]) };
    expect(next({ secret, published })).toEqual(publish(SECOND, FIRST));
  });

  it('but not once it has ended, by its own clock and by that of who made the Secret', () => {
    const served = leafOf([ENDED]);
    expect(next({ secret: 'unknown', published: [[]], replica: replica({ served }) })).toEqual(REST);
    const early = ca('early', 400 * DAY_MS);
    const secret = { bundle: [early], signer: early, leaf: leafOf([early], 400 * DAY_MS) };
    const doubtful = (ofServed: Leaf) =>
      next({ secret, published: [[early]], replica: replica({ ...DOUBTFUL, served: ofServed }) });
    const formerly = ca('formerly', 400 * DAY_MS);
    expect(doubtful(leafOf([formerly], 400 * DAY_MS))).toEqual(publish(early, formerly));
    expect(doubtful(LEAF)).toEqual(publish(early, FIRST));
    expect(doubtful(leafOf([ca('older', 800 * DAY_MS)]))).toMatchObject({ do: 'rest' });
  });

  it('the bundle of a Secret that is of use: it signs, or its leaf is good', () => {
    const secret = { bundle: [SECOND], signer: 'AuthorityKeyMissing', leaf: leafOf([SECOND]) } as const;
    expect(next({ secret })).toEqual(publish(SECOND, FIRST));
    expect(next({ secret: { ...secret, leaf: 'LeafMissing' } })).toMatchObject({ do: 'replace' });
    expect(next({ secret: { ...secret, leaf: leafOf([SECOND], leafMs) } })).toMatchObject({ do: 'replace' });
  });
});

describe('a Secret that cannot be read', () => {
  it('is not written', () => {
    expect(next({ secret: 'unknown' })).toEqual(REST);
  });
});

describe('a CA is added', () => {
  const added = (bundle: readonly Authority[], leaf: Leaf) =>
    next({
      secret: { bundle, signer: 'AuthorityKeyMissing', leaf },
      published: [],
      replica: replica({ served: leaf }),
    });

  it("beside the leaf's own and others that are valid", () => {
    const leaf = leafOf([FIRST, ENDED]);
    expect(added([ENDED, OTHER, FIRST], leaf)).toMatchObject({ do: 'addAuthority', keep: [FIRST, OTHER] });
  });

  it(`to ${MOST_AUTHORITIES} at most, of which the leaf's stays`, () => {
    const others = Array.from({ length: MOST_AUTHORITIES }, (_, i) => ca(`other ${i}`));
    const keep = [FIRST, ...others.slice(0, MOST_AUTHORITIES - 2)];
    expect(added([...others, FIRST], LEAF)).toMatchObject({ do: 'addAuthority', keep });
  });
});

describe('a CA signs', () => {
  const secret = { bundle: [SECOND, FIRST], signer: SECOND, leaf: 'LeafMissing' } as const;
  const published = [[SECOND, FIRST]];

  it('at once where it is alone, or where nobody is called', () => {
    expect(next({ secret: { ...WHOLE, leaf: 'LeafMissing' } })).toMatchObject({ do: 'renewLeaf' });
    expect(next({ secret, published: [] })).toMatchObject({ do: 'renewLeaf' });
    expect(next({ secret, published: [], isPartial: true })).toEqual(REST);
  });

  it('sooner where there is no leaf, or one that ends within twice the time', () => {
    const after = (forMs: number, leaf: Leaf | 'LeafMissing') =>
      next({ secret: { ...secret, leaf }, published, replica: replica(seen([SECOND, forMs])) });
    const left = (ms: number): Leaf => ({ ...LEAF, to: WALL + ms });
    for (const leaf of ['LeafMissing', left(2 * settleMs - 1)] as const) {
      expect(after(lagMs - 700, leaf)).toEqual({ do: 'rest', forMs: 700 });
      expect(after(lagMs, leaf)).toMatchObject({ do: 'renewLeaf', keep: secret.bundle });
    }
    expect(after(lagMs, left(2 * settleMs))).toEqual({ do: 'rest', forMs: settleMs - lagMs });
  });

  it('no leaf that would end with it, as the one there does', () => {
    const short = { ...FIRST, from: WALL - 600_000, to: WALL + 3_000_000 };
    const leaf = { ...leafOf([short]), to: short.to };
    const changes = { secret: { bundle: [short], signer: short, leaf }, published: [[short]] };
    expect(next({ ...changes, replica: replica({ served: leaf }) })).toMatchObject({ do: 'rest' });
  });
});

describe('a certificate is due', () => {
  it('with a third of its own life left, and later by jitter', () => {
    const leaf = { ...LEAF, to: LEAF.from + 9 * DAY_MS };
    const at = (leftMs: number, jitter = 0) =>
      next({ secret: { ...WHOLE, leaf }, replica: replica({ served: leaf, jitter }) }, leaf.to - leftMs);
    expect(at(3 * DAY_MS + 700)).toEqual({ do: 'rest', forMs: 700 });
    expect(at(3 * DAY_MS)).toMatchObject({ do: 'renewLeaf' });
    const later = 9 * DAY_MS * (RENEWAL.left - RENEWAL.jitter / 2);
    expect(at(later + 700, 0.5)).toEqual({ do: 'rest', forMs: 700 });
  });

  it('not while one of its CAs is valid', () => {
    const leaf = leafOf([ENDED, FIRST]);
    expect(next({ secret: { ...WHOLE, leaf }, replica: replica({ served: leaf }) })).toEqual(REST);
  });
});

describe('a CA of the bundle', () => {
  const LATE = WALL + leafMs + 2 * BACKDATED_MS;
  const leaf = leafOf([FIRST], -100 * DAY_MS);
  const at = (wall: number, other: Authority, issuers = [FIRST], times = CERTIFICATE_TIMES) => {
    const served = { ...leaf, from: WALL - BACKDATED_MS, issuers };
    const secret = { bundle: [FIRST, other], signer: FIRST, leaf: served };
    return next({ secret, published: [secret.bundle], replica: replica({ served }) }, wall, times);
  };
  const dropped = { do: 'dropAuthorities', keep: [FIRST] };

  it('goes with its last leaf where it is as old as the signer, or older', () => {
    expect(at(LATE, OTHER)).toEqual(dropped);
  });

  it('stays until its own end where it is newer', () => {
    const newer = { ...OTHER, from: FIRST.from + 1 };
    expect(at(LATE, newer)).toMatchObject({ do: 'rest' });
    expect(at(LATE, { ...newer, to: LATE })).toEqual(dropped);
  });

  it('goes at its own end where that comes first', () => {
    expect(at(WALL, { ...ENDED, to: WALL + 1 })).toEqual({ do: 'rest', forMs: 1 });
    expect(at(WALL, ENDED)).toEqual(dropped);
  });

  it('stays while the leaf is of it, as of one that was made again with its key', () => {
    expect(at(LATE, OTHER, [FIRST, OTHER])).toMatchObject({ do: 'rest' });
  });

  it('waits a tenth of a leaf longer where leafs live for minutes', () => {
    const short = parseCertificateLifetimes('leaf=60s,authority=1h');
    if (!short.ok) throw new Error('not valid');
    const ended = WALL + 66_000;
    // Long enough that none of them is due.
    expect(at(ended - 700, OTHER, [FIRST], short.value)).toEqual({ do: 'rest', forMs: 700 });
    expect(at(ended, OTHER, [FIRST], short.value)).toEqual(dropped);
  });
});

describe('a leaf of another CA is served', () => {
  const published = [[FIRST, OTHER]];

  it('once one of its valid CAs has been published for lagMs', () => {
    const after = (...list: [Authority, number][]) =>
      next({
        ...{ secret: { ...WHOLE, leaf: leafOf([FIRST, ENDED]) }, published },
        replica: replica({ served: FORMER, ...seen(...list) }),
      });
    expect(after([FIRST, lagMs])).toEqual({ do: 'serve' });
    expect(after([ENDED, lagMs])).toMatchObject({ do: 'rest' });
    expect(after([FIRST, lagMs - 1], [ENDED, DAY_MS])).toEqual({ do: 'rest', forMs: 1 });
    const secret = { ...WHOLE, bundle: [FIRST, SECOND], leaf: leafOf([FIRST, SECOND]) };
    const served = replica({ served: FORMER, ...seen([FIRST, DAY_MS], [SECOND, 1]) });
    expect(next({ secret, published: [[FIRST, SECOND, OTHER]], replica: served })).toEqual({ do: 'serve' });
  });

  it('not while a configuration cannot be asked', () => {
    const serving = replica({ served: FORMER, ...seen([FIRST, DAY_MS]) });
    expect(next({ published, isPartial: true, replica: serving })).toEqual(REST);
  });

  it('at once where there is no configuration, and where what was served has ended', () => {
    expect(next({ published: [], replica: replica({ served: FORMER }) })).toEqual({ do: 'serve' });
    const ended = replica({ served: leafOf([OTHER], leafMs, 'ended') });
    expect(next({ secret: { ...WHOLE, bundle: [FIRST, OTHER] }, published, replica: ended })).toEqual({ do: 'serve' });
  });
});

describe('a replica that serves nothing', () => {
  const starting = (changes: object, more: object = {}) =>
    next({ ...changes, replica: replica({ served: undefined, ...more }) });
  const secret = { ...WHOLE, bundle: [SECOND, FIRST], leaf: leafOf([SECOND]) };

  it('serves a leaf whose CA each configuration publishes, beside none but the Secret', () => {
    expect(starting({ secret, published: [[SECOND], [FIRST, SECOND], []] })).toEqual({ do: 'serve' });
    expect(starting({ secret, published: [[FIRST], [SECOND]] })).toEqual(publish(SECOND, FIRST));
    expect(starting({ published: [[], [OTHER]] })).toEqual(publish(FIRST));
    expect(starting({ published: [[FIRST, OTHER]] })).toMatchObject({ do: 'rest' });
  });

  it('waits for lagMs where they publish another', () => {
    const after = (forMs: number) => starting({ published: [[FIRST, OTHER]] }, seen([FIRST, forMs]));
    expect(after(lagMs - 1)).toEqual({ do: 'rest', forMs: 1 });
    expect(after(lagMs)).toEqual({ do: 'serve' });
  });

  it('waits so long always where its clock is doubtful', () => {
    const after = (forMs: number) => starting({}, { ...DOUBTFUL, ...seen([FIRST, forMs]) });
    expect(after(lagMs - 1)).toEqual({ do: 'rest', forMs: 1 });
    expect(after(lagMs)).toEqual({ do: 'serve' });
  });
});

describe('a replica whose clock is doubtful', () => {
  it('serves another leaf of a CA that is good by its own clock, or by that of who made the Secret', () => {
    const wide = { ...ca('wide'), from: WALL - 800 * DAY_MS };
    const secret = { bundle: [wide], signer: wide, leaf: leafOf([wide], 400 * DAY_MS) };
    const serving = (served: Leaf) => next({ secret, published: [[wide]], replica: replica({ ...DOUBTFUL, served }) });
    expect(serving(leafOf([wide], 0, 'by its own'))).toEqual({ do: 'serve' });
    expect(serving(leafOf([wide], 400 * DAY_MS, 'of the maker'))).toEqual({ do: 'serve' });
  });
});
