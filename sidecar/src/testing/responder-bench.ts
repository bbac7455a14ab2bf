/** A responder before a role refresher whose fetches follow a script, on a simulated clock. */
import { digestTokens, type Answer, type EndpointConfig } from '../endpoint/answer.ts';
import { makeRoleRefresher, type RoleRefresher } from '../refresh/role-refresher.ts';
import { makeResponder, type Responder } from '../endpoint/responder.ts';
import { makeSimClock, type SimClock } from './sim-clock.ts';
import { makeScript, type Script, type Step } from './sts-script.ts';

export const TOKEN = 'a'.repeat(43);
export const OLD_TOKEN = 'o'.repeat(43);
export const REQUEST = { host: '127.0.0.1', url: '/v1/credentials', method: 'GET', authorization: TOKEN };

export interface Bench {
  readonly clock: SimClock;
  readonly script: Script;
  readonly refresher: RoleRefresher;
  readonly responder: Responder;
  readonly statuses: number[];
  readonly answers: readonly Pick<Answer, 'status' | 'follows'>[];
  /** Sends a request; the record is filled when the answer comes. */
  ask(change?: { readonly url?: string; readonly authorization?: string; readonly hasBody?: boolean }): Asked;
}

export interface Asked {
  answer?: { status: number; code: string | undefined; afterMs: number };
}

export function endpointConfigOf(...roles: string[]): EndpointConfig {
  const tokens = roles.map((role) => [role, { token: role === 'default' ? TOKEN : `${role} token` }] as const);
  return { port: 28173, ...digestTokens(new Map(tokens)), accountIDs: new Map() };
}

/** As after a restart. */
export function newEndpointConfig(): EndpointConfig {
  const tokens = new Map([['default', { token: TOKEN, replaced: OLD_TOKEN }]]);
  return { port: 28173, ...digestTokens(tokens), accountIDs: new Map() };
}

export function bench(takesMs: number, ...steps: Step[]): Bench {
  const made = shutBench(takesMs, ...steps);
  made.responder.open(endpointConfigOf('default'));
  return made;
}

/** The endpoint is not open yet. */
export function shutBench(takesMs: number, ...steps: Step[]): Bench {
  const clock = makeSimClock(() => 1 - 1e-12);
  const script = makeScript(clock, takesMs, ...steps);
  const refresher = makeRoleRefresher({ role: 'default', fetch: script.fetch, clock, onFetched: () => undefined });
  const statuses: number[] = [];
  const answers: Pick<Answer, 'status' | 'follows'>[] = [];
  const responder = makeResponder({
    refreshers: new Map([['default', refresher]]),
    clock,
    onAnswer: (sent) => {
      statuses.push(sent.status);
      const { status, follows } = sent;
      answers.push(follows === undefined ? { status } : { status, follows });
    },
  });
  refresher.start();
  const ask: Bench['ask'] = (change = {}) => {
    const asked: Asked = {};
    const from = clock.uptime();
    void Promise.resolve(responder.respond({ ...REQUEST, ...change })).then(({ status, body }: Answer) => {
      const { Code } = JSON.parse(body.toString()) as { Code?: string };
      asked.answer = { status, code: Code, afterMs: clock.uptime() - from };
    });
    return asked;
  };
  return { clock, script, refresher, responder, statuses, answers, ask };
}
