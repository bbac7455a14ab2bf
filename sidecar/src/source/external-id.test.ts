import { externalIDFile } from '@rolechain/shared';
import { makeTempFolder, type TempFolder } from '../testing/temp-folder.ts';
import { readExternalID } from './external-id.ts';

const REF = { name: 'orders-aws', key: 'external-id' };
let folder: TempFolder;
beforeEach(() => (folder = makeTempFolder()));
afterEach(() => folder.remove());

test.each(['ab', 'our-Secret_1+=,.@:/-', 'x'.repeat(1224)])('%s', async (value) => {
  folder.write(externalIDFile(REF), value);
  expect(await readExternalID(folder.path, REF)).toBe(value);
  folder.write(externalIDFile(REF), 'changed');
  expect(await readExternalID(folder.path, REF)).toBe('changed');
});

test.each<[string, string, string]>([
  ['a newline at the end', 'our-secret\n', 'it ends in a newline.'],
  ['one of Windows', 'our-secret\r\n', 'it ends in a newline.'],
  ['nothing', '', 'it has 0 characters, not 2-1224.'],
  ['too short', 'a', 'it has 1 characters, not 2-1224.'],
  ['too long', 'x'.repeat(1225), 'it has 1225 characters, not 2-1224.'],
  ['a space', 'our secret', 'it has a character that an ExternalId does not take.'],
  ['a letter beyond ASCII', 'our-sécret', 'it has a character that an ExternalId does not take.'],
  ['a newline inside', 'our\nsecret', 'it has a character that an ExternalId does not take.'],
])('%s: a code, and nothing of the value', async (_name, value, detail) => {
  folder.write(externalIDFile(REF), value);
  const error = await readExternalID(folder.path, REF).catch((reason: unknown) => reason as Error);
  expect(error).toMatchObject({
    code: 'ExternalIDInvalid',
    message: `The value behind externalIDFrom is not a valid ExternalId. Secret orders-aws, key external-id: ${detail}`,
  });
});

test('a Secret or a key that is missing', async () => {
  await expect(readExternalID(folder.path, REF)).rejects.toMatchObject({
    code: 'ExternalIDMissing',
    message: expect.stringContaining('Secret orders-aws, key external-id: ENOENT.'),
  });
});
