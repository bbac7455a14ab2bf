// An application's own AssumeRole by the AWS SDK for JavaScript v3 with its defaults. Prints the session's end, or its error.
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';

const [, , endpoint, region, credentials, RoleArn, ExternalId] = process.argv;
const client = new STSClient({ endpoint, region, credentials: JSON.parse(credentials) });
try {
  const { Credentials } = await client.send(new AssumeRoleCommand({ RoleArn, ExternalId, RoleSessionName: 'plain' }));
  console.log(`ok ${Credentials.Expiration.toISOString()}`);
} catch (error) {
  console.log(`${error.name}: ${error.message}`);
}
