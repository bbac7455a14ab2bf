/**
 * The EKS Pod Identity agent: `GET /v1/credentials` with the projected token as it is in `Authorization`
 * (aws/eks-pod-identity-agent, pkg/handlers/eks_credential_handler.go). Its errors: agent-errors.ts.
 */
import { request } from 'node:http';
import { CodedError } from '@rolechain/shared';
import type { Credentials, HasEnded, Source } from '../model/session.ts';
import { agentError } from './agent-errors.ts';
import { answerOf, type Answer, type WholeAnswer } from './read-response.ts';
import { readTokenFile } from './token-file.ts';

/** Its address is on the node itself, so a connection comes at once or not at all. */
const CONNECT_MS = 2_000;
/** The agent gives EKS Auth 1 s a try, with the SDK's retries. */
const TOTAL_MS = 5_000;
/** An answer has about 2 KiB. */
const MAX_BYTES = 64 * 1024;

export interface AgentOptions {
  /** URLs in the order in which they are tried: IPv4, then IPv6. */
  readonly endpoints: readonly string[];
  readonly tokenFile: string;
  readonly hasEnded: HasEnded;
}

/** The agent, one for all roles of a sidecar. */
export interface Agent {
  readonly fetch: Source;
  /** True once credentials came from it. */
  everAnswered(): boolean;
}

/** Rejects with BaseTokenUnreadable, the Agent… codes, or StsCredentialsExpired. */
export function makeAgent({ endpoints, tokenFile, hasEnded }: AgentOptions): Agent {
  let reached: string | undefined;
  let answered = false;

  async function fetch(): Promise<Credentials> {
    const token = await readTokenFile(tokenFile);
    const failures: string[] = [];
    // The one that answered last comes first: a cluster has either IPv4 or IPv6.
    for (const endpoint of new Set(reached === undefined ? endpoints : [reached, ...endpoints])) {
      const answer = await get(endpoint, token);
      if ('failure' in answer) {
        // It is there, and no agent.
        if (answer.tooLarge) throw new CodedError('AgentInvalidResponse', `${endpoint}: ${answer.failure}.`);
        failures.push(`${endpoint}: ${answer.failure}`);
        continue;
      }
      reached = endpoint;
      const credentials = readAnswer(answer, hasEnded);
      answered = true;
      return credentials;
    }
    throw new CodedError('AgentUnreachable', `${failures.join(', ')}.`, fixOf(failures));
  }

  return { fetch, everAnswered: () => answered };
}

/** Of failures as `answerOf` tells them: who refuses a connection is there, and no agent; what is dropped comes to no answer. */
function fixOf(failures: readonly string[]): { readonly fix?: string } {
  if (!failures.some((failure) => failure.includes('within'))) return {};
  return {
    fix: 'Allow egress to that address in the NetworkPolicies of the pod. Where no agent runs on the node, install the add-on eks-pod-identity-agent.',
  };
}

/** A failure is what keeps an answer from coming, and a reason to ask the next address. */
function get(url: string, token: string): Promise<Answer> {
  // No agent of node:http: a connection that is kept alive could be one to an agent that is gone.
  const call = request(url, { headers: { authorization: token, accept: 'application/json' }, agent: false });
  const answer = answerOf(call, { maxBytes: MAX_BYTES, totalMs: TOTAL_MS, connectMs: CONNECT_MS });
  call.end();
  return answer;
}

function readAnswer({ status, body }: WholeAnswer, hasEnded: HasEnded): Credentials {
  if (status !== 200) throw agentError(status, body);
  let data: Record<string, unknown> | null;
  try {
    data = JSON.parse(body) as Record<string, unknown> | null;
  } catch {
    throw new CodedError('AgentInvalidResponse', 'The body is not JSON.');
  }
  const text = (name: string): string => {
    const value = data?.[name];
    if (typeof value !== 'string' || value === '') throw new CodedError('AgentInvalidResponse', `${name} is missing.`);
    return value;
  };
  const credentials = {
    accessKeyId: text('AccessKeyId'),
    secretAccessKey: text('SecretAccessKey'),
    sessionToken: text('Token'),
  };
  const expiration = Date.parse(text('Expiration'));
  if (Number.isNaN(expiration)) throw new CodedError('AgentInvalidResponse', 'Expiration is not a time.');
  // Its Date is of this node, so nothing is learned from it.
  if (hasEnded(expiration)) throw new CodedError('AgentInvalidResponse', 'Expiration is in the past.');
  return { ...credentials, expiresAt: expiration };
}
