// The default chain of the AWS SDK for JavaScript v3: prints the access key that it finds.
import { STSClient } from '@aws-sdk/client-sts';

try {
  const { accessKeyId } = await new STSClient({ region: 'eu-central-1' }).config.credentials();
  console.log(JSON.stringify({ key: accessKeyId }));
} catch (error) {
  console.log(JSON.stringify({ error: `${error.name}: ${error.message}` }));
}
