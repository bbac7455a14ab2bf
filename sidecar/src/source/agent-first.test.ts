import { CodedError, type ErrorCode } from '@rolechain/shared';
import type { Credentials } from '../model/session.ts';
import { AGENT_ALONE_MS, agentFirst, irsaMayStandIn } from './agent-first.ts';

test.each([
  { everAnswered: false, uptime: 0, expected: false },
  { everAnswered: false, uptime: AGENT_ALONE_MS - 1, expected: false },
  { everAnswered: false, uptime: AGENT_ALONE_MS, expected: true },
  { everAnswered: true, uptime: AGENT_ALONE_MS, expected: false },
  { everAnswered: true, uptime: 24 * 3600 * 1000, expected: false },
])('agent ever answered: $everAnswered, $uptime ms up: IRSA may stand in: $expected', (row) => {
  expect(irsaMayStandIn(row.everAnswered, row.uptime)).toBe(row.expected);
});

/** A source with `answers` taken in turn: a key id, or an error's code. The last one stands for all that follow. */
function scripted(...answers: string[]): () => Promise<Credentials> {
  return async () => {
    const next = (answers.length > 1 ? answers.shift() : answers[0]) ?? '';
    if (next.startsWith('AKIA')) return { accessKeyId: next, secretAccessKey: 's' };
    throw new CodedError(next as ErrorCode, 'Its own words.');
  };
}

interface Bench {
  agent: string[];
  irsa: string[];
  /** Of each call in turn. */
  uptimes: number[];
}

async function run({ agent, irsa, uptimes }: Bench): Promise<string[]> {
  let answered = false;
  let uptime = 0;
  const fromAgent = scripted(...agent);
  const ways = {
    agent: async () => {
      const credentials = await fromAgent();
      answered = true;
      return credentials;
    },
    agentEverAnswered: () => answered,
    irsa: scripted(...irsa),
    isOfBase: () => true,
    uptime: () => uptime,
  };
  const results: string[] = [];
  for (uptime of uptimes) {
    results.push(
      await agentFirst(ways).then(
        (c) => c.accessKeyId,
        (e: unknown) => (e as CodedError).code,
      ),
    );
  }
  return results;
}

test('the agent alone for 15 s, then IRSA, and the agent again as soon as it answers', async () => {
  const bench = {
    agent: ['AgentUnreachable', 'AgentNoAssociation', 'AgentUnreachable', 'AKIAAGENT'],
    irsa: ['AKIAIRSA'],
    uptimes: [0, 14_999, 15_000, 16_000],
  };
  expect(await run(bench)).toEqual(['AgentUnreachable', 'AgentNoAssociation', 'AKIAIRSA', 'AKIAAGENT']);
});

test('once the agent has answered, its failures are not covered by IRSA, however long they last', async () => {
  const bench = {
    agent: ['AKIAAGENT', 'AgentNoAssociation', 'AgentUnreachable'],
    irsa: ['AKIAIRSA'],
    uptimes: [1000, 100_000, 10_000_000],
  };
  expect(await run(bench)).toEqual(['AKIAAGENT', 'AgentNoAssociation', 'AgentUnreachable']);
});

test("when both fail, the agent's error leads and the other one is told with it", async () => {
  const ways = {
    agent: scripted('AgentNoAssociation'),
    agentEverAnswered: () => false,
    irsa: scripted('StsTokenRejected'),
    isOfBase: () => true,
    uptime: () => 20_000,
  };
  await expect(agentFirst(ways)).rejects.toMatchObject({
    code: 'AgentNoAssociation',
    message:
      'The Pod Identity agent knows no association for this ServiceAccount. Its own words. IRSA failed too: STS refused the web identity token. Its own words. (StsTokenRejected)',
  });
});

test.each([
  ['with the identity of the agent is no reason to change', 'StsAccessDenied', 'AKIAIRSA', 'StsAccessDenied'],
  ['with that of IRSA is told alone', 'AgentNoAssociation', 'StsThrottled', 'StsThrottled'],
])('what a hop met %s', async (_name, first, second, told) => {
  const ways = {
    agent: scripted(first),
    agentEverAnswered: () => false,
    irsa: scripted(second),
    isOfBase: (error: unknown) => (error as CodedError).code.startsWith('Agent'),
    uptime: () => 20_000,
  };
  await expect(agentFirst(ways)).rejects.toMatchObject({ code: told, message: expect.not.stringContaining('IRSA') });
});
