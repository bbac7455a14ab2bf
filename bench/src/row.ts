/** One line of the table that `pnpm bench` prints. */
export interface Row {
  /** What was done, and which figure of it this is. */
  readonly work: string;
  /** With its unit. */
  readonly ours: string;
  /** Whom it is compared with, and the peer's figure of the same run; empty where the goal is absolute. */
  readonly peer: string;
  /** Ours over the peer's. */
  readonly ratio: number | undefined;
  /** In words; empty for a figure that is only told. */
  readonly goal: string;
  /** Undefined where there is no goal. */
  readonly met: boolean | undefined;
  /** Why a goal is missed, or what the figure doesn't say. */
  readonly note?: string;
}

/** What each part of the benchmark is given. */
export interface BenchOptions {
  /** A run of seconds that shows that the part works; its figures mean nothing. */
  readonly short: boolean;
  /** A line of progress. */
  readonly say: (line: string) => void;
}

/** A part of the benchmark. Rejects only where it can't run at all; the message says what is missing. */
export interface Part {
  readonly name: string;
  readonly run: (options: BenchOptions) => Promise<readonly Row[]>;
}

/** A figure that may not be above `most`. */
export function atMost(work: string, value: number, most: number, unit = ''): Row {
  const figure = (n: number): string => `${format(n)}${unit && ` ${unit}`}`;
  return {
    work,
    ours: figure(value),
    peer: '',
    ratio: undefined,
    goal: `≤ ${figure(most)}`,
    met: value <= most,
  };
}

/** A figure that is told beside others and has no goal. */
export function told(work: string, ours: string, note?: string): Row {
  return { work, ours, peer: '', ratio: undefined, goal: '', met: undefined, ...(note === undefined ? {} : { note }) };
}

/** Ours against a peer's figure of the same run. `bound` is what the ratio ours/peer is held against. */
export function against(
  work: string,
  { ours, peer, name, unit }: { ours: number; peer: number; name: string; unit: string },
  bound: { readonly atMost: number } | { readonly atLeast: number },
): Row {
  const ratio = ours / peer;
  const [met, goal] =
    'atMost' in bound
      ? [ratio <= bound.atMost, `≤ ${bound.atMost} × peer`]
      : [ratio >= bound.atLeast, `≥ ${bound.atLeast} × peer`];
  return { work, ours: `${format(ours)} ${unit}`, peer: `${format(peer)} ${unit} (${name})`, ratio, goal, met };
}

/** Three digits that count; integers whole. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
