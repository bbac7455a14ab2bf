/** The floods: what each kind of client does, on which ports, and how many of them there are. */

export type PortName = 'sidecar credentials' | 'sidecar health' | 'webhook TLS' | 'webhook health';

export interface Kind {
  readonly kind: string;
  /** What one client does, for the page and for who reads the code. */
  readonly does: string;
  /** Connections at once; each that is closed is opened again. */
  readonly connections: number;
  /** The same where each of them costs a handshake. */
  readonly connectionsTLS: number;
  readonly only?: readonly PortName[];
}

export const KINDS = [
  { kind: 'half-open', does: 'connects, and sends nothing', connections: 2_000, connectionsTLS: 2_000 },
  {
    kind: 'handshake',
    does: 'sends the first message of TLS, and no more',
    connections: 0,
    connectionsTLS: 1_000,
    only: ['webhook TLS'],
  },
  { kind: 'slow', does: 'sends a request a byte at a time', connections: 1_000, connectionsTLS: 200 },
  { kind: 'large head', does: 'sends all but the end of a large head', connections: 2_000, connectionsTLS: 200 },
  {
    kind: 'endless body',
    does: 'sends a body of 7 MiB that does not end, and keeps it so',
    connections: 60,
    connectionsTLS: 60,
  },
  {
    kind: 'small chunks',
    does: 'sends a body in chunks of a byte, which does not end, and reads nothing',
    connections: 400,
    connectionsTLS: 60,
  },
  { kind: 'pipelined', does: 'sends requests ahead, and reads answers', connections: 64, connectionsTLS: 64 },
  { kind: 'never-reading', does: 'sends requests ahead, and reads nothing', connections: 256, connectionsTLS: 128 },
  {
    kind: 'unread',
    does: 'sends a request every few milliseconds, and reads nothing',
    connections: 400,
    connectionsTLS: 128,
  },
  {
    kind: 'refused by Node',
    does: 'sends requests ahead that Node answers by itself (a wrong Expect, no Host), and reads nothing',
    connections: 400,
    connectionsTLS: 128,
  },
  {
    kind: 'reconnecting',
    does: 'connects and closes, every other time with a request',
    connections: 64,
    connectionsTLS: 32,
  },
] as const satisfies readonly Kind[];

export type KindName = (typeof KINDS)[number]['kind'];

/** What the process of a flood is told, as JSON in its first argument. */
export interface FloodOrder {
  readonly kind: KindName;
  readonly port: number;
  readonly tls: boolean;
  readonly connections: number;
  readonly seconds: number;
  /** A whole request, as bytes of Latin-1, that costs the server something. */
  readonly request: string;
  /** Path of a request with a body. */
  readonly path: string;
  /** Bytes of a head that the server still takes. */
  readonly headBytes: number;
}

/** What it did, as JSON in its last line. */
export interface FloodCount {
  /** Connections that were opened, and those that were closed by either side. */
  readonly opened: number;
  readonly closed: number;
  readonly sentMiB: number;
  readonly readMiB: number;
}

export function kindsOf(port: PortName): readonly Kind[] {
  return KINDS.filter((kind: Kind) => kind.only === undefined || kind.only.includes(port));
}
