/** Writes through the API while a webhook watches, and how long after each answer the webhook knows. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { ANNOTATIONS } from '@rolechain/shared';
import type { Api } from '@rolechain/test/guard/api.ts';
import { SERVER_NAME } from '@rolechain/webhook/testing/https.ts';
import { ANNOTATED, SPACE, makeReviews } from '../admission/reviews.ts';
import type { Target } from '../admission/webhooks.ts';
import { namespaceOf, seededAccount } from './account.ts';

const PARALLEL = 8;
const LATE_MS = 10_000;

/** `writes` changes to the first `accounts` seeded ones, a tenth of them a deletion and a creation again. */
export async function churn(api: Api, writes: number, accounts: number, round: string): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < writes) {
      const index = next++ % accounts;
      const path = `/api/v1/namespaces/${namespaceOf(index)}/serviceaccounts`;
      const { metadata, ...account } = seededAccount(index);
      if (index % 10 === 1) {
        await succeeds(api.remove(`${path}/${metadata.name}`));
        const { name, labels, annotations } = metadata;
        await succeeds(api.post(path, { ...account, metadata: { name, labels, annotations } }));
      } else {
        const labels = { round: `${round}-${next}` };
        await succeeds(api.patch(`${path}/${metadata.name}`, { metadata: { labels } }));
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/**
 * Milliseconds from the API's answer to a write of the annotation until the webhook's answer to a review shows it,
 * for `writes` writes one after the other. Reviews are sent without a pause: a lag is told to one review's length.
 */
export async function lags(api: Api, { url, caFile }: Target, writes: number, round: string): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(caFile), servername: SERVER_NAME });
  const review = makeReviews(2)[0] ?? '';
  const measured: number[] = [];
  try {
    // The first connection isn't the cache's.
    await patchOf(agent, url, review);
    for (let write = 0; write < writes; write++) {
      const role = `arn:aws:iam::222222222222:role/lag-${round}-${write}-end`;
      const path = `/api/v1/namespaces/${SPACE}/serviceaccounts/${ANNOTATED}`;
      await succeeds(api.patch(path, { metadata: { annotations: { [ANNOTATIONS.assumeRole.key]: role } } }));
      const answered = performance.now();
      while (!(await patchOf(agent, url, review)).includes(role))
        if (performance.now() - answered > LATE_MS) throw new Error(`${role} did not reach the webhook`);
      measured.push(performance.now() - answered);
    }
  } finally {
    agent.destroy();
  }
  return measured;
}

function patchOf(agent: Agent, url: string, review: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(review) };
    const asked = request(url, { agent, method: 'POST', headers }, (response) => {
      text(response)
        .then((body) => {
          const { response: answer } = JSON.parse(body) as { response: { patch?: string } };
          return Buffer.from(answer.patch ?? '', 'base64').toString();
        })
        .then(resolve, reject);
    });
    asked.on('error', reject);
    asked.end(review);
  });
}

async function succeeds(asked: ReturnType<Api['patch']>): Promise<void> {
  const { status, body } = await asked;
  if (status >= 300) throw new Error(`the API answers ${status}: ${body.slice(0, 300)}`);
}
