/** GET requests to the apiserver, answered as plain JSON text of bounded size. */
import {
  ApiException,
  createConfiguration,
  HttpMethod,
  ServerConfiguration,
  type KubeConfig,
} from '@kubernetes/client-node';
import { CodedError } from '@rolechain/shared';

/** Of the audit log; client-node's own calls are kubernetes-javascript-client/…. */
const USER_AGENT = 'rolechain-webhook';

/**
 * Metadata alone: what else stands in an object (a ServiceAccount may hold a megabyte of `secrets`) isn't even sent. Behind
 * the comma: what an apiserver answers that knows no such form.
 */
const metadata = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;

export interface Ask {
  /** Segments of the path, each of them one name. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** `whole`: of kinds in whose spec something is read. */
  readonly kind: 'PartialObjectMetadata' | 'PartialObjectMetadataList' | 'whole';
  /** Also ends an answer that is being read. */
  readonly signal: AbortSignal;
}

/** An answer as it comes in. Leaving the loop over it closes the connection. */
export type Pieces = AsyncIterable<Uint8Array>;

/** Rejects with an ApiException, whose `code` is the HTTP status, or with what broke the connection. */
export type Api = (ask: Ask) => Promise<Pieces>;

/**
 * The client's typed calls make an instance of each object with all of its fields, managedFields too, which costs several
 * times the processor and the memory (`bench accounts`), and its Watch can't ask for metadata alone.
 */
export function makeApi(kubeConfig: KubeConfig): Api {
  const { baseServer, httpApi } = createConfiguration({
    baseServer: new ServerConfiguration(kubeConfig.getCurrentCluster()?.server ?? '', {}),
  });
  return async ({ path, query = {}, kind, signal }) => {
    const where = pathOf(path);
    const request = baseServer.makeRequestContext(where, HttpMethod.GET);
    for (const [key, value] of Object.entries(query)) if (value !== undefined) request.setQueryParam(key, value);
    request.setHeaderParam('Accept', kind === 'whole' ? 'application/json' : metadata(kind));
    request.setHeaderParam('User-Agent', USER_AGENT);
    request.setSignal(signal);
    await kubeConfig.applySecurityAuthentication(request);
    const { httpStatusCode, body } = await httpApi.send(request).toPromise();
    const stream = body.stream();
    if (httpStatusCode === 200 && stream) return stream;
    await stream?.cancel();
    throw new ApiException(httpStatusCode, `GET ${where}`, undefined, {});
  };
}

/** A segment that a URL reads as a way up (`..`) can't be written otherwise: no name is one. */
function pathOf(segments: readonly string[]): string {
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) {
    throw new CodedError('InternalError', `A name that leads elsewhere: ${JSON.stringify(segments)}.`);
  }
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}

/** The whole text; undefined where it is longer, of which no more than so many bytes and one piece are read. */
export async function readText(pieces: Pieces, maxBytes: number): Promise<string | undefined> {
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > maxBytes) return undefined;
    read.push(piece);
  }
  return Buffer.concat(read).toString();
}

const NEWLINE = 0x0a;

/**
 * Each line once it is there whole, without its end, together with the others that a piece has ended: one by one, a list of
 * 100,000 lines would wait as often. Throws where one is longer than so many bytes.
 */
export async function* readLines(pieces: Pieces, maxBytes: number): AsyncGenerator<readonly string[]> {
  let begun: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(NEWLINE);
    const start = end + 1;
    if (end >= 0) {
      // No other character of UTF-8 has this byte.
      yield Buffer.concat([...begun, piece.subarray(0, end)])
        .toString()
        .split('\n');
      [begun, bytes] = [[], 0];
    }
    if (start === piece.length) continue;
    bytes += piece.length - start;
    if (bytes > maxBytes) throw new CodedError('LookupFailed', `An event of a watch has more than ${maxBytes} bytes.`);
    begun.push(start === 0 ? piece : piece.subarray(start));
  }
}
