/** Makes the SDK clients be there that don't come with pnpm. Fails under CI=true where one can't be had. */
import { preparePython } from './python.ts';

const python = await preparePython();
if (typeof python !== 'string') {
  console.warn(`SKIPPED: ${python.reason}`);
  if (process.env.CI === 'true') process.exitCode = 1;
}
