/** What pages show of what programs print is what they print. */
import { Readable } from 'node:stream';
import { REASONS } from '@rolechain/shared';
import { runCommand } from '../cli/call.ts';
import { blocksIn, type Block } from '../fixture/page.ts';
import { problemsInShell } from './blocks/commands.ts';
import { read } from './repository.ts';

/** The one block below a heading in a language. */
function blockOf(page: string, heading: string, language: string): string {
  const found = blocksIn(page).filter((block: Block) => block.heading === heading && block.language === language);
  if (found.length !== 1) throw new Error(`${page}, ${heading}: ${found.length} blocks of ${language}`);
  return found[0]?.text ?? '';
}
/** As one line: pages break lines elsewhere. */
const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();

test('README.md, "What you get": each line is one that `inject` adds to the manifests of the demo', async () => {
  const settings = 'sidecarImage: registry.example/rolechain/sidecar:0.1.0\nregion: eu-central-1\n';
  const { out } = await runCommand(['inject', '-f', 'demo/orders.yaml', '--diff', '--settings', '-'], {
    stdin: Readable.from([settings]),
  });
  const fields = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('+'))
      .map((line) => line.replace(/^\+[\s-]*/, ''))
      // In one line or in several, with quotes or without.
      .flatMap((line) => line.replace(/^(\w+): \{ (.*) \}$/, '$1:, $2').split(', '))
      .map((line) => line.replaceAll('"', '').replaceAll("'", ''));
  const added = new Set(fields(out));
  const shown = fields(blockOf('README.md', 'What you get', 'diff'));
  expect(shown.length).toBeGreaterThan(15);
  expect(shown.filter((line) => !added.has(line))).toEqual([]);
});

test('README.md, "What you get": the refusal is that of the reason', () => {
  const { text, fix } = REASONS.StaticKeys;
  const shown = flat(blockOf('README.md', 'What you get', ''));
  expect(shown).toContain(`but: ${text.replace(/\.$/, '')}: container app: AWS_ACCESS_KEY_ID. ${fix} [StaticKeys]`);
});

test('docs/guard.md: the message is that of the policy', () => {
  const { text, fix } = REASONS.NotInjected;
  const shown = flat(blockOf('docs/guard.md', 'The guard', ''));
  expect(shown).toBe(`ServiceAccount shop/orders asks for an AWS role, but: ${text} ${fix} [NotInjected]`);
  expect(flat(read('manifests/base/guard.yaml')).replaceAll("' + '", '')).toContain(`${text} ${fix}`);
});

test('docs/base-identity.md: the warning is that of the webhook', () => {
  const shown = flat(blockOf('docs/base-identity.md', 'From IRSA to Pod Identity, and back', ''));
  expect(shown.length).toBeGreaterThan(100);
  expect(flat(read('webhook/src/policy/base-identity-warnings.test.ts'))).toContain(`'${shown}'`);
});

test('docs/cli.md, `credential-process`: the profile calls the command as it is', async () => {
  const [, command = ''] =
    /^credential_process = (.*)$/m.exec(blockOf('docs/cli.md', 'rolechain credential-process', 'ini')) ?? [];
  expect(command).toContain('rolechain');
  expect(await problemsInShell(command)).toEqual([]);
});

test('docs/cli.md, `whois`: the lines are those of the command', () => {
  const shown = blockOf('docs/cli.md', 'rolechain whois', 'text');
  const [first, second, , role] = shown.split('\n');
  const asserted = read('test/cli/whois.test.ts').replaceAll('${ORDERS}', 'arn:aws:iam::222222222222:role/orders');
  expect(asserted).toContain(`${first}\n${second}\n`);
  expect(asserted).toContain(`${role}\n`);
});
