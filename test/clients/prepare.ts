/** Makes the SDK clients be there that don't come with pnpm: `node test/clients/prepare.ts`. */
import { fileURLToPath } from 'node:url';
import type { Absent } from '@rolechain/kit/when.ts';
import { prepareGoClient } from './go.ts';
import { AWS_CLI, BOTOCORE, MOTO, OLD_BOTOCORE, preparePython } from './python.ts';

export const preparePythons = async (): Promise<(string | Absent)[]> => [
  await preparePython(BOTOCORE),
  await preparePython(OLD_BOTOCORE),
  await preparePython(MOTO),
  await preparePython(AWS_CLI),
];

/** Says what could not be made. False where that is a failure: under `CI=true`. */
export function allMade(made: readonly (string | Absent)[]): boolean {
  const absent = made.filter((one) => typeof one !== 'string');
  for (const { reason } of absent) console.warn(`SKIPPED: ${reason}`);
  return absent.length === 0 || process.env.CI !== 'true';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!allMade([await prepareGoClient(), ...(await preparePythons())])) process.exitCode = 1;
}
