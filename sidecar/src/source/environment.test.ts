import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../session.ts';
import { send, startHttpStub, type HttpStub } from '../testing/http-stub.ts';
import { makeTempFolder, type TempFolder } from '../testing/temp-folder.ts';
import { environment } from './environment.ts';

let folder: TempFolder;
let sts: HttpStub;
let source: Source;

beforeAll(async () => {
  sts = await startHttpStub(send(500, ''));
});
beforeEach(() => {
  folder = makeTempFolder();
  source = environment({
    folder: folder.path,
    stsRegion: 'eu-central-1',
    sts: { endpoint: sts.url, now: () => Date.parse('2026-11-22T12:00:00Z') },
  });
});
afterEach(() => folder.remove());
afterAll(() => sts.close());

/** Files of the Secret, by name. */
function secret(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
}

const ID = 'aws_access_key_id = AKIAFILE\n';
const KEYS = `${ID}aws_secret_access_key = file-secret\n`;
const FROM_FILE = { accessKeyId: 'AKIAFILE', secretAccessKey: 'file-secret' };

test('static keys, one a file, newlines cut off; they go before the shared files, and changes are seen', async () => {
  secret({ AWS_ACCESS_KEY_ID: 'AKIAONE\n', AWS_SECRET_ACCESS_KEY: 'one\n', credentials: `[default]\n${KEYS}` });
  expect(await source()).toEqual({ accessKeyId: 'AKIAONE', secretAccessKey: 'one' });
  secret({ AWS_ACCESS_KEY_ID: 'ASIATWO', AWS_SECRET_ACCESS_KEY: 'two', AWS_SESSION_TOKEN: 'session' });
  expect(await source()).toEqual({ accessKeyId: 'ASIATWO', secretAccessKey: 'two', sessionToken: 'session' });
});

test.each<[string, Record<string, string>]>([
  ['credentials', { credentials: `[default]\n${KEYS}` }],
  ['config', { config: `[default]\n${KEYS}` }],
  ['the profile that AWS_PROFILE names', { credentials: `[x]\n${KEYS}`, AWS_PROFILE: 'x\n' }],
  ['a profile of the file config', { config: `[profile x]\n${KEYS}`, AWS_PROFILE: 'x' }],
  ['half a pair of keys beside it', { credentials: `[default]\n${KEYS}`, AWS_ACCESS_KEY_ID: 'AKIAHALF' }],
])('a shared file: %s', async (_name, files) => {
  secret(files);
  expect(await source()).toEqual(FROM_FILE);
});

test('a shared file is read again each time', async () => {
  secret({ credentials: `[default]\n${KEYS}` });
  await source();
  secret({ credentials: `[default]\n${KEYS.replace('AKIAFILE', 'AKIANEXT')}` });
  expect((await source()).accessKeyId).toBe('AKIANEXT');
});

test("the process's own environment gives nothing", async () => {
  const own = { AWS_ACCESS_KEY_ID: 'AKIAOWN', AWS_SECRET_ACCESS_KEY: 'own', AWS_PROFILE: 'other' };
  const before = { ...process.env };
  Object.assign(process.env, own);
  try {
    await expect(source()).rejects.toMatchObject({ code: 'EnvironmentEmpty' });
    secret({ credentials: `[default]\n${KEYS}\n[other]\n${KEYS.replace('AKIAFILE', 'AKIAOTHER')}` });
    expect(await source()).toEqual(FROM_FILE);
  } finally {
    process.env = before;
  }
});

test('credential_process', async () => {
  const output = JSON.stringify({ Version: 1, AccessKeyId: 'AKIAPROC', SecretAccessKey: 'p', SessionToken: 't' });
  secret({ config: `[default]\ncredential_process = echo '${output}'\n` });
  expect(await source()).toEqual({ accessKeyId: 'AKIAPROC', secretAccessKey: 'p', sessionToken: 't' });
});

test('a credential_process that fails is told without its arguments and its output', async () => {
  secret({ config: '[default]\ncredential_process = sh -c "echo out-secret >&2; exit 3" arg-secret\n' });
  const error = (await source().catch((e: unknown) => e)) as Error;
  expect(error).toMatchObject({
    code: 'EnvironmentFailed',
    message: expect.stringMatching(/credential_process failed\.$/),
  });
  expect(error.message).not.toMatch(/out-secret|arg-secret/);
});

test('role_arn with source_profile is an AssumeRole call of ours', async () => {
  const member = (name: string, value: string): string => `<${name}>${value}</${name}>`;
  const credentials =
    member('AccessKeyId', 'ASIAROLE') +
    member('SecretAccessKey', 'r') +
    member('SessionToken', 't') +
    member('Expiration', '2026-11-22T13:00:00Z');
  sts.reply(
    send(
      200,
      `<AssumeRoleResponse><AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      'text/xml',
    ),
  );
  secret({
    config:
      '[default]\nrole_arn = arn:aws:iam::111111111111:role/base\nsource_profile = keys\nexternal_id = theirs\nduration_seconds = 900\n',
    credentials: `[keys]\n${KEYS}`,
  });
  const keys = { accessKeyId: 'ASIAROLE', secretAccessKey: 'r', sessionToken: 't' };
  expect(await source()).toEqual({ ...keys, expiresAt: expect.any(Number) as number });
  const { body, headers } = sts.seen.at(-1) ?? {};
  expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
    RoleArn: 'arn:aws:iam::111111111111:role/base',
    ExternalId: 'theirs',
    DurationSeconds: '900',
  });
  expect(headers?.authorization).toContain('Credential=AKIAFILE/');

  sts.reply(
    send(
      403,
      '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
      'text/xml',
    ),
  );
  await expect(source()).rejects.toMatchObject({ code: 'StsAccessDenied' });
});

test.each<[string, Record<string, string>, string, RegExp]>([
  ['nothing', {}, 'EnvironmentEmpty', /no credentials/],
  ['half a pair of keys', { AWS_ACCESS_KEY_ID: 'AKIA' }, 'EnvironmentEmpty', /no credentials/],
  ['empty files', { config: '\n', credentials: '' }, 'EnvironmentEmpty', /no credentials/],
  ['no such profile', { config: '[profile x]\nregion = y\n' }, 'EnvironmentInvalid', /using profile: \[default\]/],
  [
    'half a pair of keys in a profile',
    { credentials: `[default]\n${ID}` },
    'EnvironmentInvalid',
    /profile: \[default\]/,
  ],
  ['a file that ends too early', { credentials: '[defau' }, 'EnvironmentInvalid', /using profile: \[default\]/],
  [
    'a credential_process that says nothing',
    { config: '[default]\ncredential_process = true\n' },
    'EnvironmentFailed',
    /invalid JSON\.$/,
  ],
  [
    'the node’s role',
    { config: '[default]\nrole_arn = arn:aws:iam::111111111111:role/x\ncredential_source = Ec2InstanceMetadata\n' },
    'EnvironmentForbidden',
    /Profile default sets credential_source\.$/,
  ],
])('%s', async (_name, files, code, message) => {
  secret(files);
  await expect(source()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

describe('a Secret that the kubelet replaces meanwhile', () => {
  /** As its AtomicWriter leaves a volume. */
  function volume(config: (swap: string) => string): void {
    folder.write('..1/config', config(`cd ${folder.path} && ln -s ..2 ..tmp && mv -T ..tmp ..data && rm -r ..1`));
    folder.write('..2/credentials', `[default]\n${KEYS}`);
    symlinkSync('..1', join(folder.path, '..data'));
    for (const name of ['config', 'credentials']) symlinkSync(join('..data', name), join(folder.path, name));
  }

  test.each([
    ['fails', 'exit 1'],
    ['gives what is old', `echo '{\\"Version\\":1,\\"AccessKeyId\\":\\"AKIAOLD\\",\\"SecretAccessKey\\":\\"o\\"}'`],
  ])('is read again, where the read %s', async (_name, then) => {
    volume((swap) => `[default]\ncredential_process = sh -c "${swap}; ${then}"\n`);
    expect(await source()).toEqual(FROM_FILE);
  });

  test('and is gone where it is empty then', async () => {
    volume((swap) => `[default]\ncredential_process = sh -c "rm ${folder.path}/..2/credentials; ${swap}"\n`);
    await expect(source()).rejects.toMatchObject({ code: 'EnvironmentEmpty' });
  });
});
