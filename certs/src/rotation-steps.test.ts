/** Single steps of the plan, where several ways through it lead to the same end: rotation.test.ts follows it there. */
import { BACKDATED_MS, CERTIFICATE_TIMES, RENEWAL } from '@rolechain/shared';
import {
  DOUBTFUL,
  DUE,
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
  servedFor,
} from './testing/rotation-facts.ts';
import { DAY_MS } from './testing/rotation-world.ts';

const { leafMs, authorityMs, lagMs, settleMs, keepMs, checkMs } = CERTIFICATE_TIMES;

describe('what comes first', () => {
  it('a replica that serves nothing serves what it can before it publishes and writes', () => {
    const secret = { ...WHOLE, leaf: DUE };
    expect(next({ secret, published: [[], []], replica: replica({ served: undefined }) })).toEqual({ do: 'serve' });
  });

  it('one that serves publishes first, then writes, then serves', () => {
    const serving = replica({ served: leafOf([FIRST], 0, 'former') });
    const secret = { ...WHOLE, leaf: DUE };
    const publish = { do: 'publish', bundle: [FIRST], others: 'keep' };
    expect(next({ secret, published: [[FIRST], []], replica: serving })).toEqual(publish);
    expect(next({ secret, replica: serving })).toMatchObject({ do: 'renewLeaf', reason: 'LeafExpiring' });
    expect(next({ replica: serving })).toEqual({ do: 'serve' });
  });

  it('what is not allowed to be written hinders nothing else', () => {
    const secret = { ...WHOLE, leaf: DUE };
    const serving = { served: leafOf([FIRST], 0, 'former'), canWrite: false };
    expect(next({ secret, replica: replica(serving) })).toEqual({ do: 'serve' });
    expect(next({ secret, replica: replica({ served: DUE, canWrite: false }) })).toEqual({
      do: 'rest',
      forMs: checkMs,
    });
  });

  it('a replica whose clock is doubtful writes what it would write at any time', () => {
    const doubtful = replica(DOUBTFUL);
    expect(next({ secret: { ...WHOLE, leaf: DUE }, replica: doubtful })).toMatchObject({ do: 'rest' });
    const late = WALL + leafMs;
    expect(next({ replica: doubtful }, late)).toMatchObject({ do: 'rest' });
    expect(next({ secret: { ...WHOLE, leaf: 'LeafMissing' }, replica: doubtful })).toMatchObject({ do: 'renewLeaf' });
    expect(next({ secret: 'missing', replica: doubtful })).toEqual({ do: 'create' });
  });
});

describe('rests until the first of what is to come', () => {
  it('a leaf that may be served', () => {
    const published = [[FIRST, OTHER]];
    const changes = { published, replica: replica({ served: FORMER, ...seen([FIRST, lagMs - 700]) }) };
    expect(next(changes)).toEqual({ do: 'rest', forMs: 700 });
  });

  it('CAs that may go out of what is published', () => {
    const published = [[FIRST, OTHER]];
    const after = (forMs: number) => next({ published, replica: replica(servedFor(forMs)) });
    expect(after(keepMs - 700)).toEqual({ do: 'rest', forMs: 700 });
    expect(after(keepMs)).toEqual({ do: 'publish', bundle: [FIRST], others: 'drop' });
  });

  it('a write', () => {
    const due = WALL + leafMs * (1 - RENEWAL.left);
    expect(next({}, due - 700)).toEqual({ do: 'rest', forMs: 700 });
    const old = ca('first', authorityMs * (1 - RENEWAL.left) - 700);
    const leaf = leafOf([old]);
    const secret = { bundle: [old], signer: old, leaf };
    const aged = { secret, published: [[old]], replica: replica({ served: leaf }) };
    expect(next(aged)).toEqual({ do: 'rest', forMs: 700 });
    expect(next(aged, WALL + 700)).toMatchObject({ do: 'addAuthority', reason: 'AuthorityExpiring' });
  });

  it('a CA that signs once apiservers know it', () => {
    const secret = { ...WHOLE, bundle: [SECOND, FIRST], signer: SECOND };
    const published = [[SECOND, FIRST]];
    const after = (forMs: number) => next({ secret, published, replica: replica(seen([SECOND, forMs])) });
    expect(after(settleMs - 700)).toEqual({ do: 'rest', forMs: 700 });
    expect(after(settleMs)).toMatchObject({ do: 'renewLeaf', reason: 'LeafOfFormerAuthority', keep: secret.bundle });
  });

  it('a former CA whose last leaf has ended', () => {
    const secret = { ...WHOLE, bundle: [FIRST, ca('former', 200 * DAY_MS)] };
    const ended = WALL + leafMs + BACKDATED_MS;
    const leaf = { ...LEAF, to: FIRST.to };
    const at = (wall: number) =>
      next({ secret: { ...secret, leaf }, published: [secret.bundle], replica: replica({ served: leaf }) }, wall);
    expect(at(ended - 700)).toEqual({ do: 'rest', forMs: 700 });
    expect(at(ended)).toEqual({ do: 'dropAuthorities', keep: [FIRST] });
  });

  it('and looks again after checkMs where nothing is to come', () => {
    expect(next({})).toEqual({ do: 'rest', forMs: checkMs });
  });
});
