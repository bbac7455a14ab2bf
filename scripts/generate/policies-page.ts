/**
 * The examples of docs/policies.md: what `rolechain trust-policy` prints for the ServiceAccount above each, between
 * `<!-- policies: OPTIONS -->` and `<!-- end of policies -->`. An option `--settings` is a file of the repository.
 */
import { commandOutput } from './command-output.ts';

const BLOCK =
  /(```yaml\n(apiVersion: v1\nkind: ServiceAccount\n[^]*?)```\n\n<!-- policies: ([^\n]*) -->\n)[^]*?(<!-- end of policies -->)/g;

/** The page with its examples. */
export async function withPolicies(page: string): Promise<string> {
  let made = '';
  let at = 0;
  for (const match of page.matchAll(BLOCK)) {
    const [whole, head = '', manifest = '', options = '', end = ''] = match;
    const text = await commandOutput(['trust-policy', '-f', '-', ...options.split(' ')], manifest);
    const language = options.includes('--format terraform') ? 'hcl' : 'json';
    made += `${page.slice(at, match.index)}${head}\n\`\`\`${language}\n${text.trimEnd()}\n\`\`\`\n\n${end}`;
    at = match.index + whole.length;
  }
  return made + page.slice(at);
}
