// A program as in a container that holds a role: the AWS SDK for JavaScript v3 with nothing but its environment. It
// prints who it is, or the name of the error.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

try {
  const { Arn } = await new STSClient({ maxAttempts: 1 }).send(new GetCallerIdentityCommand({}));
  console.log(Arn);
} catch (error) {
  console.log(error instanceof Error ? error.name : 'no error');
}
