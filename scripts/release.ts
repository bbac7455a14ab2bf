/**
 * `npx -y pnpm@10 release --dry-run`: builds all that a release consists of into one folder, and checks it. `--publish` and
 * `--announce` are for the workflow that releases (docs/release.md). Exits with 1 and one line for each thing that is wrong, with 2
 * where the command line is.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './build/root.ts';
import { NO_REGISTRY } from './release/install.ts';

const STEPS = ['dry-run', 'publish', 'announce'] as const;
const USAGE = `release takes one of:
  --dry-run   build a release into --out and check it; --upstream: on the bases that the Dockerfiles name;
              --quick: the sidecar's images once
  --publish   push and sign the images of such a folder
  --announce  make the page of the release
and --registry NAME, --source URL, --tag TAG, --out FOLDER`;

const started = performance.now();
const log = (line: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`);

process.exitCode = await main();

async function main(): Promise<number> {
  const values = read();
  const [step, ...more] = STEPS.filter((name) => values?.[name]);
  if (values === undefined || step === undefined || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const { out, registry, source, tag, upstream = false, quick = false } = values;
  const options = { folder: out, registry, source, tag, log };
  const problems = await run(step, {
    ...options,
    isQuick: quick,
    isUpstream: upstream,
  });
  for (const problem of problems) console.error(problem);
  return problems.length > 0 ? 1 : 0;
}

function read() {
  const string = (value: string) => ({ type: 'string', default: value }) as const;
  try {
    return parseArgs({
      options: {
        ...{ 'dry-run': { type: 'boolean' }, publish: { type: 'boolean' }, announce: { type: 'boolean' } },
        ...{ out: string(join(ROOT, 'dist', 'release')), registry: string(NO_REGISTRY) },
        ...{
          source: { type: 'string' },
          tag: { type: 'string' },
          upstream: { type: 'boolean' },
          quick: { type: 'boolean' },
        },
      },
    }).values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : '');
    return undefined;
  }
}

type Options = Parameters<typeof import('./release/dry-run.ts').dryRun>[0];

/** Modules are loaded when they are needed: a usage line is quick. */
async function run(step: (typeof STEPS)[number], options: Options): Promise<string[]> {
  if (step === 'dry-run') return (await import('./release/dry-run.ts')).dryRun(options);
  const { announce, publish } = await import('./release/publish.ts');
  return step === 'publish' ? publish(options) : announce(options);
}
