import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { LIMITS } from '@rolechain/shared';
import type { Source } from '../model/session.ts';
import { makeTempFolder, type TempFolder } from '../testing/temp-folder.ts';
import { environment } from './environment.ts';

let folder: TempFolder;
let source: Source;

beforeEach(() => {
  folder = makeTempFolder();
  source = environment(folder.path, () => false);
});
afterEach(() => folder.remove());

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

test('the end that a credential_process gives counts by AWS’s time, not by the node’s clock', async () => {
  const past = '2020-01-01T00:00:00Z';
  const output = JSON.stringify({ Version: 1, AccessKeyId: 'A', SecretAccessKey: 'p', Expiration: past });
  secret({ config: `[default]\ncredential_process = echo '${output}'\n` });
  expect(await source()).toEqual({ accessKeyId: 'A', secretAccessKey: 'p', expiresAt: Date.parse(past) });
  const ended = environment(folder.path, (expiresAt) => expiresAt <= Date.parse(past));
  await expect(ended()).rejects.toMatchObject({
    code: 'EnvironmentFailed',
    message: expect.stringMatching(/Profile default credential_process returned expired credentials\.$/),
  });
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

test('where it gives credentials, they are those of the SDK’s own chain', async () => {
  const session = `${KEYS}aws_session_token = a-token ; a comment\n`;
  const output = JSON.stringify({ Version: 1, AccessKeyId: 'AKIAPROC', SecretAccessKey: 'p' });
  const command = `credential_process = echo '${output}'\n`;
  const bodies = [KEYS, session, command, `${KEYS}${command}`, `${ID}${command}`, `s3 =\n  region = x\n${KEYS}`];
  const sections = [
    '[profile x]',
    '[profile.x]',
    '[profile "x"]',
    '[x]',
    '[ x ]',
    '[profile  x]',
    '[profile x]\n[profile x]',
  ];
  let given = 0;
  for (const [index, body] of bodies.entries()) {
    for (const section of sections) {
      for (const name of ['config', 'credentials']) {
        const at = join(folder.path, `${index}-${section}-${name}`);
        folder.write(join(`${index}-${section}-${name}`, name), `${section}\n${body}`);
        folder.write(join(`${index}-${section}-${name}`, 'AWS_PROFILE'), 'x');
        const [ours] = await Promise.allSettled([environment(at, () => false)()]);
        if (ours.status === 'rejected') {
          expect(ours.reason).toMatchObject({ code: 'EnvironmentInvalid' });
          continue;
        }
        const files = { filepath: join(at, 'credentials'), configFilepath: join(at, 'config'), ignoreCache: true };
        expect(await defaultProvider({ ...files, profile: 'x' })()).toMatchObject(ours.value);
        given++;
      }
    }
  }
  expect(given).toBe(bodies.length * 5);
});

test.each<[string, Record<string, string>, string, RegExp]>([
  ['nothing', {}, 'EnvironmentEmpty', /no credentials/],
  ['half a pair of keys', { AWS_ACCESS_KEY_ID: 'AKIA' }, 'EnvironmentEmpty', /no credentials/],
  ['empty files', { config: '\n', credentials: '' }, 'EnvironmentEmpty', /no credentials/],
  [
    'no such profile',
    { config: '[profile x]\nregion = y\n' },
    'EnvironmentInvalid',
    /Profile default is in neither file\.$/,
  ],
  [
    'half a pair of keys in a profile',
    { credentials: `[default]\n${ID}` },
    'EnvironmentInvalid',
    /Profile default sets aws_access_key_id without aws_secret_access_key\.$/,
  ],
  [
    'a profile without keys',
    { config: '[default]\nregion = x\n' },
    'EnvironmentInvalid',
    /Profile default sets neither aws_access_key_id and aws_secret_access_key nor credential_process\.$/,
  ],
  [
    'a file that ends too early',
    { credentials: '[defau' },
    'EnvironmentInvalid',
    /Profile default is in neither file\.$/,
  ],
  [
    'a credential_process that says nothing',
    { config: '[default]\ncredential_process = true\n' },
    'EnvironmentFailed',
    /invalid JSON\.$/,
  ],
  [
    'a credential_process without a key',
    { config: `[default]\ncredential_process = echo '{"Version":1,"AccessKeyId":"AKIA"}'\n` },
    'EnvironmentFailed',
    /Profile default credential_process returned invalid credentials\.$/,
  ],
  [
    'a credential_process whose key is no text',
    { config: `[default]\ncredential_process = echo '{"Version":1,"AccessKeyId":1,"SecretAccessKey":"s"}'\n` },
    'EnvironmentFailed',
    /wrong form\.$/,
  ],
  [
    'a credential_process whose end is no time',
    {
      config: `[default]\ncredential_process = echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"x"}'\n`,
    },
    'EnvironmentFailed',
    /wrong form\.$/,
  ],
  [
    'a file over the limit',
    { config: `[default]\n${KEYS}#${'x'.repeat(LIMITS.environmentFileBytes)}\n` },
    'EnvironmentInvalid',
    /config is over 64 KiB\.$/,
  ],
  [
    'a section that would change the language',
    { credentials: `[default]\n${KEYS}\n[constructor] ; x\nkeys = y\n` },
    'EnvironmentInvalid',
    /credentials has a section \[constructor\]/,
  ],
  [
    'a role over another profile',
    {
      config: '[default]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = keys\n',
      credentials: `[keys]\n${KEYS}`,
    },
    'EnvironmentForbidden',
    /Profile default sets role_arn\.$/,
  ],
  [
    'the node’s role',
    { config: '[default]\nrole_arn = arn:aws:iam::111111111111:role/x\ncredential_source = Ec2InstanceMetadata\n' },
    'EnvironmentForbidden',
    /Profile default sets (?:role_arn|credential_source)\.$/,
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
