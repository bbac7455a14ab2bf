// The AWS SDK for JavaScript v3, asking for credentials until it is ended: each time through a new default chain, and
// beside it through one that lives as long as the program. With the address of STS as its second argument it asks who it
// is instead, each time through a new client. A line a result, in JSON; see test/faults/clients.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const pause = Number(process.argv[2]);
const endpoint = process.argv[3];
const region = 'eu-central-1';

async function ask(kind, client) {
  const from = Date.now();
  const line = { kind, from };
  try {
    if (endpoint === undefined) {
      const { expiration } = await client.config.credentials();
      Object.assign(line, { ok: true, expires: expiration.getTime() });
    } else {
      await client.send(new GetCallerIdentityCommand({}));
      Object.assign(line, { ok: true });
    }
  } catch (error) {
    Object.assign(line, { ok: false, error: `${error.name}: ${error.message}` });
  }
  console.log(JSON.stringify({ ...line, at: Date.now() }));
}

const kept = new STSClient({ region });
async function loop(kind, clientOf) {
  for (;;) {
    await ask(kind, clientOf());
    await sleep(pause);
  }
}
if (endpoint === undefined) {
  void loop('fresh', () => new STSClient({ region }));
  void loop('kept', () => kept);
} else {
  void loop('request', () => new STSClient({ region, endpoint }));
}
