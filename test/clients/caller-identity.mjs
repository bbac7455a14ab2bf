// An ordinary program of an ordinary user: the AWS SDK for JavaScript v3 with its default credentials. Its
// argument is the address of STS, since no network leads to the real one. It prints who it is and its access
// key's id, again and again until the key has changed once.
import { setTimeout as sleep } from 'node:timers/promises';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const client = new STSClient({ endpoint: process.argv[2] });
const keys = new Set();
for (let i = 0; i < 80 && keys.size < 2; i++) {
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  const { accessKeyId } = await client.config.credentials();
  console.log(Arn, accessKeyId);
  keys.add(accessKeyId);
  await sleep(250);
}
