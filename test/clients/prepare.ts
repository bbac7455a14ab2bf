/** Makes the SDK clients be there that don't come with pnpm. Fails under CI=true where one can't be had. */
import { prepareGoClient } from './go.ts';
import { BOTOCORE, MOTO, OLD_BOTOCORE, preparePython } from './python.ts';

const made = [
  await prepareGoClient(),
  await preparePython(BOTOCORE),
  await preparePython(OLD_BOTOCORE),
  await preparePython(MOTO),
];
for (const one of made) {
  if (typeof one === 'string') continue;
  console.warn(`SKIPPED: ${one.reason}`);
  if (process.env.CI === 'true') process.exitCode = 1;
}
