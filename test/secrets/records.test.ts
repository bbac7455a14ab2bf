import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CHANNELS,
  RECORDS_VARIABLE,
  SECRET_KINDS,
  heard,
  isSecret,
  type Heard,
  type Secret,
} from '@rolechain/kit/record.ts';
import { judge, readRecords, type Records } from './records.ts';

const VALUE = 'a-value-that-nobody-may-say';
const text = (said: string): Heard => ({ channel: 'output of the webhook', text: said, where: 'a.test.ts › a' });
const known: Secret = { kind: 'authorization token', value: VALUE, where: 'b.test.ts › b' };
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const everything: Records = {
  texts: CHANNELS.map((channel) => ({ ...text(channel), channel })),
  secrets: SECRET_KINDS.map((kind) => ({ kind, value: kind === 'private key' ? PEM : `${kind}: ${VALUE}`, where: '' })),
};

describe('the verdict', () => {
  test('a secret that was said: in what, by which test, and not its value', () => {
    const { line, failures } = judge({ texts: [text(`token ${VALUE}`)], secrets: [known] }, 'nothing');
    expect(line).toBe('secret search: 1 texts, 1 secrets, 1 found');
    expect(failures).toEqual([
      'a secret was said (authorization token, in clear, of b.test.ts › b) in: output of the webhook, a.test.ts › a',
    ]);
  });

  test('a run that heard every channel and knew every kind, and found nothing, passes', () => {
    expect(judge(everything, 'every channel').failures).toEqual([]);
  });

  test.each([
    ['every channel', [], [], CHANNELS.length + SECRET_KINDS.length],
    ['every channel', everything.texts.slice(1), everything.secrets.slice(1), 2],
    ['something', [], [known], 1],
    ['something', [text('x')], [], 1],
    ['something', [text('x')], [{ ...known, value: 'short' }], 1],
    ['something', [text('x')], [known], 0],
    ['nothing', [], [], 0],
  ] as const)('an empty search fails: %s (%#)', (demand, texts, secrets, count) => {
    expect(judge({ texts, secrets }, demand).failures).toHaveLength(count);
  });
});

describe('recording', () => {
  const before = process.env[RECORDS_VARIABLE];
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rolechain-test-'));
  });
  afterEach(async () => {
    // The records of the run that this test is part of.
    process.env[RECORDS_VARIABLE] = before ?? '';
    await rm(folder, { recursive: true });
  });

  test('what is recorded is read again, once', async () => {
    process.env[RECORDS_VARIABLE] = folder;
    const said = 'ready\n\u2028\u2029\r\n';
    heard('output of the prober', said);
    heard('output of the prober', said);
    heard('output of the prober', '');
    expect(isSecret('session token', VALUE)).toBe(VALUE);
    isSecret('session token', '');
    const { texts, secrets } = await readRecords(folder);
    const where = 'test/secrets/records.test.ts › recording what is recorded is read again, once';
    expect(secrets).toEqual([{ kind: 'session token', value: VALUE, where }]);
    expect(texts).toEqual([{ channel: 'output of the prober', text: said, where }]);
  });

  test('without a folder nothing is', async () => {
    process.env[RECORDS_VARIABLE] = '';
    heard('output of the prober', 'ready');
    expect(isSecret('session token', VALUE)).toBe(VALUE);
    expect(await readRecords(folder)).toEqual({ texts: [], secrets: [] });
  });
});
