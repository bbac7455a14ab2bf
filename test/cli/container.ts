/** A container of a pod with a sidecar, as `credential-process` sees it. */
import { join } from 'node:path';
import { ENV, check, tokenFile } from '@rolechain/shared';
import { REPORT, type ProcessCredentials } from '../../cli/src/report-schemas/credential-process.ts';
import type { Ran } from '../node/run.ts';
import { AUDIT, firstAnswer, hop, type Bench } from '../sidecar/bench.ts';

/** The environment of a container that holds `default`, in whose pod `audit` is another's. */
export async function startContainer(bench: Bench): Promise<Record<string, string>> {
  const sidecar = await bench.start({
    roles: { default: {}, audit: { hops: [hop(AUDIT, { sessionName: '{pod}' })] } },
  });
  await firstAnswer(sidecar);
  return {
    [ENV.fullURI]: `http://127.0.0.1:${sidecar.ports.credentials}/v1/credentials/default`,
    [ENV.tokenFile]: join(bench.files.root, tokenFile('default')),
  };
}

/** Standard output is one document of the schema, and nothing else is said. */
export function credentialsOf({ code, stdout, stderr }: Ran): ProcessCredentials {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const checked = check(REPORT, JSON.parse(stdout));
  if (!checked.ok) throw new Error(checked.problems.map(({ path, text }) => `${path} ${text}`).join(', '));
  return checked.value;
}
