// The least that a Node process can do: one constant answer of the length of ours from node:http, with V8's own settings.
// No check of the token, no refresh. What it takes at p99 no sidecar on Node goes below.
const { writeFileSync } = require('node:fs');
const { createServer } = require('node:http');

const [port, tokenFile, body] = process.argv.slice(2);
const answer = Buffer.from(body);
const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', 'content-length': answer.length };
createServer((_request, response) => response.writeHead(200, headers).end(answer)).listen(Number(port), '127.0.0.1');
writeFileSync(tokenFile, 'unread');
