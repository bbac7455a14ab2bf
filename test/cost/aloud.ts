/** What the search says while it runs, and where the inputs are written that it tells of. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUDGET_MIB } from './budget.ts';
import { BUDGET_MS, type Input } from './input.ts';
import type { Measured } from './measure.ts';
import { search, type Found, type SearchOptions, type SearchResult } from './search.ts';

const MIB = 1024 * 1024;

export function figures({ ms, parsingMs, peakBytes, bytes }: Measured): string {
  const size = bytes > 0 ? `, body ${(bytes / 1024).toFixed(1)} KiB` : '';
  const parsing = parsingMs > 0 ? ` beside ${parsingMs.toFixed(1)} ms of parsing` : '';
  return `${ms.toFixed(1)} ms${parsing}, ${(peakBytes / MIB).toFixed(1)} MiB garbage included${size}`;
}

/** What a find is, and how it is had again. */
export function described({ seed, target, said, measured, input }: Found): string {
  const shown = measured ? ` (${figures(measured)})` : '';
  return `${target}, from "${seed}": ${said}${shown}\n  node test/cost/main.ts --input ${write(input, `${target} ${seed}`)}`;
}

/** Runs the search, and prints its finds and the costliest inputs. */
export async function searchAloud(options: SearchOptions): Promise<SearchResult> {
  const { seed, seconds } = options;
  console.log(
    `costliest inputs, seed ${seed}, ${seconds} s; budget: webhook ${BUDGET_MS.webhook} ms, sidecar ${BUDGET_MS.sidecar} ms, ${BUDGET_MIB} MiB`,
  );
  const result = await search({
    onFind: (found) => console.error(`FIND ${described(found)}`),
    progress: (tried, elapsed) => console.log(`${tried} tried, ${elapsed.toFixed(0)} s`),
    ...options,
  });
  console.log('the costliest within the budget:');
  for (const { target, by, part, seed: from, measured, input } of result.costliest) {
    const shown = measured ? figures(measured) : '';
    const file = write(input, `costliest ${target} ${by}`);
    console.log(`  ${target} by ${by}: ${(part * 100).toFixed(0)} % (${shown}), from "${from}": ${file}`);
  }
  console.log(`${result.tried} inputs tried, ${result.finds.length} finds, seed ${seed}`);
  return result;
}

let folder: string | undefined;
function write(input: Input, name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), 'rolechain-cost-'));
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.json`);
  writeFileSync(file, JSON.stringify(input));
  return file;
}
