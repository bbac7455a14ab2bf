// The default chain of the AWS SDK for JavaScript v2: prints the access key that it finds.
const AWS = require('aws-sdk');
AWS.config.getCredentials((error) => {
  console.log(
    JSON.stringify(error ? { error: `${error.code}: ${error.message}` } : { key: AWS.config.credentials.accessKeyId }),
  );
});
