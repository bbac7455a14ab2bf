/**
 * The examples of docs/policies.md: what `rolechain trust-policy` prints for the ServiceAccount above each, between
 * `<!-- policies: OPTIONS -->` and `<!-- end of policies -->`.
 */
import { Readable } from 'node:stream';
import { run } from '@rolechain/cli';

const BLOCK =
  /(```yaml\n(apiVersion: v1\nkind: ServiceAccount\n[^]*?)```\n\n<!-- policies: ([^\n]*) -->\n)[^]*?(<!-- end of policies -->)/g;

/** The page with its examples. */
export async function withPolicies(page: string): Promise<string> {
  let made = '';
  let at = 0;
  for (const match of page.matchAll(BLOCK)) {
    const [whole, head = '', manifest = '', options = '', end = ''] = match;
    const text = await policiesOf(manifest, options.split(' '));
    made += `${page.slice(at, match.index)}${head}\n\`\`\`json\n${text.trimEnd()}\n\`\`\`\n\n${end}`;
    at = match.index + whole.length;
  }
  return made + page.slice(at);
}

async function policiesOf(manifest: string, options: readonly string[]): Promise<string> {
  let [out, err] = ['', ''];
  const code = await run(['trust-policy', '-f', '-', ...options], {
    stdin: Readable.from([manifest]),
    out: (text) => (out += text),
    err: (text) => (err += text),
    env: {},
    cwd: process.cwd(),
    now: () => new Date(),
    hasColours: false,
    signal: new AbortController().signal,
  });
  if (code !== 0) throw new Error(`docs/policies.md: ${err}`);
  return out;
}
