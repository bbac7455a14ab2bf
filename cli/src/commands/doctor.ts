import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CodedError, VERSION } from '@rolechain/shared';
import { connect } from '../cluster/client.ts';
import { bundleOf, writeBundle } from '../doctor/bundle.ts';
import { runChecks } from '../doctor/check.ts';
import { readFacts } from '../doctor/facts.ts';
import { IDENTITY, readIdentity } from '../doctor/identity.ts';
import { INSTALLATION } from '../doctor/installation.ts';
import { readLive } from '../doctor/live.ts';
import { textOf as reportText } from '../doctor/text.ts';
import type { DoctorReport } from '../report-schemas/doctor.ts';
import type { Run } from '../terminal/command.ts';
import { textOf } from '../terminal/options.ts';

export const run: Run = async (call) => {
  const { args, options, surroundings } = call;
  const [kind, name] = args as readonly (string | undefined)[];
  if (kind !== undefined && name === undefined)
    throw new CodedError('UsageInvalid', 'The name of the ServiceAccount is missing.');
  const pod = textOf(options.live);
  const file = textOf(options.bundle);
  const cluster = await connect(call);
  const live = pod === undefined ? undefined : await readLive(cluster, pod);
  // With --live alone the hops are the question; a ticket has all.
  const isWhole = pod === undefined || name !== undefined || file !== undefined;
  const facts = isWhole ? await readFacts(cluster, surroundings.now()) : undefined;
  const identity = facts && name !== undefined ? await readIdentity(cluster, name, facts) : undefined;
  const report: DoctorReport = {
    version: VERSION,
    server: cluster.server,
    installedIn: facts?.installedIn ?? '',
    checks: [...(facts ? runChecks(INSTALLATION, facts) : []), ...(identity ? runChecks(IDENTITY, identity) : [])],
    ...(live ? { live } : {}),
  };
  if (facts && file !== undefined)
    await writeTo(resolve(surroundings.cwd, file), writeBundle(bundleOf(report, facts, identity)));
  return { report, text: (colours) => reportText(report, colours), isFinding: hasFinding(report) };
};

function hasFinding({ checks, live }: DoctorReport): boolean {
  const isBad = checks.some(({ state }) => state !== 'ok' && state !== 'skipped');
  return isBad || (live !== undefined && (live.asked === 'not' || live.roles.some(({ code }) => code !== undefined)));
}

/** Readable by its owner alone: it says how a cluster is made. */
async function writeTo(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (error) {
    throw new CodedError(
      'FileUnreadable',
      `${path}: ${(error as NodeJS.ErrnoException).code ?? 'it cannot be written'}.`,
    );
  }
}
