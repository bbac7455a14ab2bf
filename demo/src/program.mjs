// An ordinary program of an ordinary user: the AWS SDK for JavaScript v3 with its default credentials. It
// knows nothing of rolechain. Its one argument is the address of STS, since no network leads to the real one.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const client = new STSClient({ endpoint: process.argv[2] });
const { Arn } = await client.send(new GetCallerIdentityCommand({}));
console.log(Arn);
