/** Makes helm be there: `node test/helm/prepare.ts`. scripts/test.ts does it where a chosen test needs it. */
import { fileURLToPath } from 'node:url';
import type { Absent } from '@rolechain/kit/when.ts';
import { SKIP_VARIABLE, kubernetesVersion } from '../cluster/binaries.ts';
import { build } from '../cluster/build.ts';
import { PROGRAMS, SOURCE, helmFolder, locateHelm } from './helm.ts';

/** Helm 3 is built as it is published: its command is no package that others can use. */
const PACKAGES = { helm3: 'helm.sh/helm/v3/cmd/helm' };

/** A minute and a half on 2 cores where kubectl has been built, else three. Throws when the compiler fails. */
export async function prepareHelm(): Promise<string | Absent> {
  const { env } = process;
  const found = locateHelm();
  if (typeof found === 'string') return found;
  if (env[SKIP_VARIABLE]) return { reason: `${found.reason}. ${SKIP_VARIABLE} is set, so that it is not built.` };
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const target = helmFolder(env);
  const impossible = await build({
    ...{ source: SOURCE, target, programs: PROGRAMS, packages: PACKAGES, version: kubernetesVersion(), env, log },
  });
  return impossible === undefined ? locateHelm() : { reason: `${found.reason}. ${impossible}` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await prepareHelm();
  console.log(typeof made === 'string' ? made : made.reason);
  if (typeof made !== 'string' && process.env.CI === 'true') process.exitCode = 1;
}
