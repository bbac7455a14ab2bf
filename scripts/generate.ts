/**
 * Writes the files that are made from others: manifests/install.yaml and the chart from manifests/base, pages of docs/ from
 * shared's tables, the table of rights in SECURITY.md from the RBAC manifest. `node scripts/generate.ts`; with `--check` it
 * writes nothing and fails, naming the stale files.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { readObserved } from '../test/sdks/observed.ts';
import { chartFiles } from './generate/chart.ts';
import { withCommands } from './generate/cli-page.ts';
import { cliSchemas } from './generate/cli-schemas.ts';
import { dashboard } from './generate/dashboard.ts';
import { drawings } from './generate/drawings.ts';
import { errorsPage } from './generate/errors-page.ts';
import { jsonSchemas } from './generate/json-schemas.ts';
import { installManifest } from './generate/install-manifest.ts';
import { metricsPage } from './generate/metrics-page.ts';
import { withMigrations } from './generate/migration-page.ts';
import { withPolicies } from './generate/policies-page.ts';
import { podsPage } from './generate/pods-page.ts';
import { referencePage } from './generate/reference-page.ts';
import { sdksPage } from './generate/sdks-page.ts';
import { troubleshootingPage } from './generate/troubleshooting-page.ts';
import { rightsTable, withRights } from './generate/rights-table.ts';
import { withVersion } from './generate/version-labels.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string): string => readFileSync(ROOT + name, 'utf8');

async function markdown(text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(ROOT)), parser: 'markdown' });
}

async function json(text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(`${ROOT}package.json`)), parser: 'json' });
}

const isCheck = process.argv.includes('--check');
const stale: string[] = [];
function write(name: string, text: string): void {
  const path = ROOT + name;
  if (existsSync(path) && read(name) === text) return;
  stale.push(name);
  if (isCheck) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
function endStale(): void {
  console.error(`stale: ${stale.join(', ')}. Run: npx -y pnpm@10 generate`);
  process.exit(1);
}

// What others are made of comes first: what is made of them is read from the disk.
const manifests = globSync('manifests/{base,components,samples}/**/*.yaml', { cwd: ROOT });
for (const name of manifests) write(name, withVersion(read(name)));
write('manifests/components/prometheus/dashboard.json', await json(JSON.stringify(dashboard())));
if (isCheck && stale.length > 0) endStale();

const files: Readonly<Record<string, string>> = {
  'manifests/install.yaml': installManifest(`${ROOT}manifests/base`),
  ...chartFiles(ROOT),
  'docs/cli.md': await markdown(withCommands(read('docs/cli.md'))),
  ...(await drawings()),
  'docs/errors.md': await markdown(errorsPage()),
  'docs/metrics.md': await markdown(metricsPage()),
  'docs/migration.md': await markdown(await withMigrations(read('docs/migration.md'))),
  'docs/policies.md': await markdown(await withPolicies(read('docs/policies.md'))),
  'docs/pods.md': await markdown(podsPage()),
  'docs/sdks.md': await markdown(sdksPage(readObserved())),
  'docs/troubleshooting.md': await markdown(troubleshootingPage()),
  'docs/reference.md': await markdown(referencePage()),
  ...Object.fromEntries(
    await Promise.all(
      Object.entries({ ...jsonSchemas(), ...(await cliSchemas(ROOT)) }).map(
        async ([name, text]) => [name, await json(text)] as const,
      ),
    ),
  ),
  'SECURITY.md': await markdown(withRights(read('SECURITY.md'), rightsTable(read('manifests/base/rbac.yaml')))),
};

for (const [name, text] of Object.entries(files)) write(name, text);
if (stale.length === 0) console.log(`generated files: ${Object.keys(files).length} fresh`);
else if (isCheck) endStale();
else console.log(`written: ${stale.join(', ')}`);
