/** The admission server without a socket: a body in, status and answer out, by the very routes of the real one. */
import { readRequest, type ReviewResponse } from '../admission/review.ts';
import { makeAdmissionServer, type ServerOptions } from '../endpoint/server.ts';
import { testAuthority } from './https.ts';
import { serverOptions } from './options.ts';

export interface InProcessAnswer {
  readonly status: number;
  readonly text: string;
}

export interface InProcess {
  /** POSTs a body to /mutate. */
  readonly mutate: (body: string) => Promise<InProcessAnswer>;
  /** POSTs a body to /validate. */
  readonly validate: (body: string) => Promise<InProcessAnswer>;
  /** Takes the same way with a body to where it is parsed, and no further. */
  readonly parse: (body: string) => Promise<InProcessAnswer>;
  readonly close: () => Promise<unknown>;
}

const nothing = (): void => undefined;
const SILENT = { isLevelEnabled: () => true, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Its one account is shop/orders unless `changes` say otherwise. */
export async function admitInProcess(changes: Partial<ServerOptions> = {}): Promise<InProcess> {
  const server = makeAdmissionServer(await (await testAuthority()).issue(), serverOptions(SILENT, changes));
  server.post('/parse', (request, reply) => {
    readRequest(request.body as string);
    return reply.send({});
  });
  await server.ready();
  const post = (path: string) => async (body: string) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await server.inject({ method: 'POST', url: `${path}?timeout=2s`, headers, payload: body });
    return { status: answer.statusCode, text: answer.payload };
  };
  return {
    mutate: post('/mutate'),
    validate: post('/validate'),
    parse: post('/parse'),
    close: () => server.close(),
  };
}

/** The response of an answer; undefined where it is an error's. */
export function reviewResponse({ status, text }: InProcessAnswer): ReviewResponse['response'] | undefined {
  return status === 200 ? (JSON.parse(text) as ReviewResponse).response : undefined;
}
