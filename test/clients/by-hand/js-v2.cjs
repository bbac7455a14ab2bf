// The AWS SDK for JavaScript v2, asking for credentials until it is ended, each time through a new provider.
const { setTimeout: sleep } = require('node:timers/promises');
const { RemoteCredentials } = require('aws-sdk');

async function main() {
  for (;;) {
    const from = Date.now();
    const said = await new RemoteCredentials().getPromise().then(
      () => 'ok',
      (error) => `${error.code}: ${error.message}`,
    );
    console.log(`${said} after ${Date.now() - from} ms`);
    await sleep(250);
  }
}
void main();
