import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { listen, readBody, headerLines } from './listen.ts';
import { verifySignature, type Expectation, type ReceivedRequest } from './sigv4.ts';

// The example credentials and times are those of AWS's published test suite and of the General Reference.
const EXAMPLE_SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const AT = Date.parse('2015-08-30T12:36:00Z');

function expectation(change: Partial<Expectation> = {}): Expectation {
  return {
    service: 'service',
    region: 'us-east-1',
    now: AT,
    lookup: (id) => (id === 'AKIDEXAMPLE' ? { secretAccessKey: EXAMPLE_SECRET } : undefined),
    ...change,
  };
}

type Change = Partial<ReceivedRequest> & { signature?: string; signed?: string; scope?: string };

function example(change: Change = {}): ReceivedRequest {
  const { signature, signed, scope = '20150830/us-east-1/service/aws4_request', ...rest } = change;
  return {
    method: 'GET',
    path: '/',
    query: '',
    headers: [
      ['Host', 'example.amazonaws.com'],
      ['X-Amz-Date', '20150830T123600Z'],
      [
        'Authorization',
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${signed ?? 'host;x-amz-date'}, Signature=${
          signature ?? '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'
        }`,
      ],
    ],
    body: new Uint8Array(),
    ...rest,
  };
}

test("AWS's example get-vanilla is accepted", () => {
  expect(verifySignature(example(), expectation())).toEqual({ ok: true, accessKeyId: 'AKIDEXAMPLE' });
});

test.each(['//', '/./', '/example/..', '/example1/example2/../..'])(
  "AWS's examples of paths to normalize (get-slash, get-relative …) sign like get-vanilla: %s",
  (path) => {
    expect(verifySignature(example({ path }), expectation()).ok).toBe(true);
  },
);

test.each<[string, [string, string][], string, string]>([
  [
    'get-header-value-trim',
    [
      ['My-Header1', ' value1'],
      ['My-Header2', ' "a   b   c"'],
    ],
    'host;my-header1;my-header2;x-amz-date',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'get-header-key-duplicate',
    [
      ['My-Header1', 'value2'],
      ['My-Header1', 'value2'],
      ['My-Header1', 'value1'],
    ],
    'host;my-header1;x-amz-date',
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  ],
])("AWS's example %s is accepted", (_name, headers, signed, signature) => {
  const request = example({ signed, signature });
  const whole = { ...request, headers: [...headers, ...request.headers] };
  expect(verifySignature(whole, expectation())).toEqual({ ok: true, accessKeyId: 'AKIDEXAMPLE' });
});

test("AWS's example of the General Reference (IAM ListUsers) is accepted", () => {
  const scope = 'AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request';
  const signature = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';
  const request: ReceivedRequest = {
    method: 'GET',
    path: '/',
    query: 'Action=ListUsers&Version=2010-05-08',
    headers: [
      ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
      ['host', 'iam.amazonaws.com'],
      ['x-amz-date', '20150830T123600Z'],
      [
        'authorization',
        `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=content-type;host;x-amz-date, Signature=${signature}`,
      ],
    ],
    body: new Uint8Array(),
  };
  expect(verifySignature(request, expectation({ service: 'iam' }))).toEqual({ ok: true, accessKeyId: 'AKIDEXAMPLE' });
  // The order of the parameters in the request line is not the canonical one.
  const reordered = { ...request, query: 'Version=2010-05-08&Action=ListUsers' };
  expect(verifySignature(reordered, expectation({ service: 'iam' })).ok).toBe(true);
});

test.each<[string, Change, Partial<Expectation>, string, RegExp]>([
  ['another method', { method: 'POST' }, {}, 'SignatureDoesNotMatch', /we calculated does not match/],
  ['another path', { path: '/x' }, {}, 'SignatureDoesNotMatch', /we calculated/],
  ['another query', { query: 'a=1' }, {}, 'SignatureDoesNotMatch', /we calculated/],
  ['another body', { body: Buffer.from('x') }, {}, 'SignatureDoesNotMatch', /we calculated/],
  ['another signature', { signature: '0'.repeat(64) }, {}, 'SignatureDoesNotMatch', /we calculated/],
  ['an unsigned host', { signed: 'x-amz-date' }, {}, 'SignatureDoesNotMatch', /must be a 'SignedHeader'/],
  ['an unsigned x-amz- header', { signed: 'host' }, {}, 'SignatureDoesNotMatch', /not signed: x-amz-date/],
  ['another Region', {}, { region: 'eu-west-1' }, 'SignatureDoesNotMatch', /valid region, not 'us-east-1'/],
  ['another service', {}, { service: 'sts' }, 'SignatureDoesNotMatch', /correct service: 'sts'/],
  [
    'a scope of another day',
    { scope: '20150831/us-east-1/service/aws4_request' },
    {},
    'SignatureDoesNotMatch',
    /'20150831' != '20150830', from '20150830T123600Z'/,
  ],
  [
    'a scope with another end',
    { scope: '20150830/us-east-1/service/aws5_request' },
    {},
    'SignatureDoesNotMatch',
    /valid terminator: 'aws4_request', not 'aws5_request'/,
  ],
  [
    'a request too old',
    {},
    { now: AT + 15 * 60_000 + 1000 },
    'SignatureDoesNotMatch',
    /^Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z \(20150830T125101Z - 15 min\.\)$/,
  ],
  [
    'a request from the future',
    {},
    { now: AT - 5 * 60_000 - 1000 },
    'SignatureDoesNotMatch',
    /^Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z \(20150830T123059Z \+ 5 min\.\)$/,
  ],
  ['an unknown key', {}, { lookup: () => undefined }, 'InvalidClientTokenId', /security token included/],
  ['another secret', {}, { lookup: () => ({ secretAccessKey: 'x' }) }, 'SignatureDoesNotMatch', /we calculated/],
  [
    'a missing session token',
    {},
    { lookup: () => ({ secretAccessKey: EXAMPLE_SECRET, sessionToken: 't' }) },
    'InvalidClientTokenId',
    /security token included/,
  ],
])('%s is refused', (_name, change, expectChange, code, message) => {
  const verdict = verifySignature(example(change), expectation(expectChange));
  expect(verdict).toEqual({ ok: false, code, message: expect.stringMatching(message) });
});

test('the edges of the age that STS takes', () => {
  expect(verifySignature(example(), expectation({ now: AT + 15 * 60_000 })).ok).toBe(true);
  expect(verifySignature(example(), expectation({ now: AT - 5 * 60_000 })).ok).toBe(true);
});

test.each<[string, [string, string][], string, RegExp]>([
  ['no Authorization', [['host', 'x']], 'MissingAuthenticationToken', /missing Authentication Token/],
  ['another scheme', [['authorization', 'Bearer x']], 'IncompleteSignature', /Unsupported AWS 'algorithm': 'Bearer'/],
  [
    'parts missing',
    [['authorization', 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e']],
    'IncompleteSignature',
    /requires 'Signature' parameter. Authorization header requires 'SignedHeaders'/,
  ],
  [
    'a short credential',
    [['authorization', 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0']],
    'IncompleteSignature',
    /5 slash-delimited elements/,
  ],
  [
    'no date',
    [['authorization', 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0']],
    'IncompleteSignature',
    /existence of either a 'X-Amz-Date'/,
  ],
  [
    'a date of another form',
    [
      ['authorization', 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0'],
      ['x-amz-date', 'Sun, 30 Aug 2015 12:36:00 GMT'],
    ],
    'IncompleteSignature',
    /ISO-8601 'basic format'/,
  ],
])('%s is refused', (_name, headers, code, message) => {
  const verdict = verifySignature(example({ headers }), expectation());
  expect(verdict).toEqual({ ok: false, code, message: expect.stringMatching(message) });
});

describe('a request signed by the AWS SDK for JavaScript, taken off the wire', () => {
  let received: ReceivedRequest;
  const expected: Expectation = {
    service: 'sts',
    region: 'eu-central-1',
    now: Date.now(),
    lookup: () => ({ secretAccessKey: 'secret', sessionToken: 'token' }),
  };

  /** One request of the SDK to an endpoint whose URL has this path. */
  async function capture(path: string): Promise<ReceivedRequest> {
    let captured: ReceivedRequest | undefined;
    const server = await listen(async (request, response) => {
      const body = await readBody(request);
      const { method = '', url = '' } = request;
      captured = { method, path: url, query: '', headers: headerLines(request), body };
      response.writeHead(500).end();
    });
    const sts = new STSClient({
      endpoint: server.url + path,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'ASIAX', secretAccessKey: 'secret', sessionToken: 'token' },
      maxAttempts: 1,
    });
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toThrow();
    sts.destroy();
    await server.close();
    if (captured === undefined) throw new Error('the SDK sent nothing');
    return captured;
  }

  beforeAll(async () => {
    received = await capture('');
  });

  test('is accepted with a path that is encoded on the wire', async () => {
    const encoded = await capture('/a%20b/c');
    expect(encoded.path).toBe('/a%20b/c/');
    expect(verifySignature(encoded, expected)).toEqual({ ok: true, accessKeyId: 'ASIAX' });
  });

  test('is accepted', () => {
    expect(verifySignature(received, expected)).toEqual({ ok: true, accessKeyId: 'ASIAX' });
  });

  const withHeader = (name: string, change: (value: string) => string): ReceivedRequest => ({
    ...received,
    headers: received.headers.map(([n, v]) => (n.toLowerCase() === name ? [n, change(v)] : [n, v])),
  });

  test.each<[string, () => ReceivedRequest]>([
    ['the body', () => ({ ...received, body: Buffer.concat([received.body, Buffer.from('&X=1')]) })],
    ['the path', () => ({ ...received, path: '/other' })],
    ['the query', () => ({ ...received, query: 'X=1' })],
    ['the method', () => ({ ...received, method: 'GET' })],
    ['a signed header', () => withHeader('content-type', () => 'text/plain')],
    ['the host', () => withHeader('host', () => 'sts.amazonaws.com')],
    [
      'the second of the date',
      () => withHeader('x-amz-date', (v) => v.replace(/\d\dZ$/, (s) => (s === '00Z' ? '01Z' : '00Z'))),
    ],
    ['the session token', () => withHeader('x-amz-security-token', () => 'other')],
    ['a header more', () => ({ ...received, headers: [...received.headers, ['x-amz-extra', '1']] })],
    ['the signature', () => withHeader('authorization', (v) => v.replace(/.$/, (c) => (c === '0' ? '1' : '0')))],
    ['the Region of the scope', () => withHeader('authorization', (v) => v.replace('eu-central-1', 'eu-west-1'))],
    ['the key', () => withHeader('authorization', (v) => v.replace('ASIAX', 'ASIAY'))],
  ])('is refused after a change of %s', (part, mutate) => {
    const lookup = (id: string) => (id === 'ASIAX' ? { secretAccessKey: 'secret', sessionToken: 'token' } : undefined);
    const mutated = mutate();
    expect(mutated).not.toEqual(received);
    const verdict = verifySignature(mutated, { ...expected, lookup });
    expect(verdict).toMatchObject({
      ok: false,
      code: part === 'the key' || part === 'the session token' ? 'InvalidClientTokenId' : 'SignatureDoesNotMatch',
    });
  });
});
