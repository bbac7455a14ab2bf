import { CodedError } from '@rolechain/shared';
import { readSources } from '../documents/read-sources.ts';
import { migrate, type Migration } from '../migrate/migrate.ts';
import { readCluster } from '../migrate/cluster.ts';
import { sort, type Sorted } from '../migrate/read.ts';
import { textOf as reportText } from '../migrate/text.ts';
import type { MigrateReport } from '../report-schemas/migrate.ts';
import type { Call, Run } from '../terminal/command.ts';
import { textOf } from '../terminal/options.ts';

export const run: Run = async (call) => {
  const { options } = call;
  const baseRoleARN = textOf(options.baseRoleArn);
  if (baseRoleARN !== undefined && !/^arn:[^:]+:iam::\d{12}:role(?:\/|$)/.test(baseRoleARN)) {
    throw new CodedError('UsageInvalid', '--base-role-arn takes the beginning of an ARN, arn:aws:iam::ACCOUNT:role/.');
  }
  const files = (options.file as readonly string[] | undefined) ?? [];
  const input =
    files.length > 0
      ? {
          ...sort([...(await readSources(files, call.surroundings, FOLDERS))]),
          namespace: textOf(options.namespace) ?? 'default',
        }
      : await fromCluster(call);
  const migration = migrate({ ...input, baseRoleARN });
  const report = reportOf(migration);
  return { report, text: (colours) => reportText(report, colours), isFinding: report.notCarried.length > 0 };
};

async function fromCluster(call: Call): Promise<Sorted & { readonly namespace: string }> {
  const { connect } = await import('../cluster/client.ts');
  const cluster = await connect(call);
  const namespace = call.options.allNamespaces === true ? undefined : cluster.namespace;
  const { objects, notes } = await readCluster(cluster, namespace);
  for (const note of notes) call.surroundings.err(`${note}\n`);
  return { objects, documents: [], configs: [], namespace: cluster.namespace };
}

function reportOf({ accounts, namespaces, workloads, left, steps }: Migration): MigrateReport {
  const report = {
    serviceAccounts: accounts.map(({ account, annotations, roles }) => ({
      namespace: account.namespace,
      name: account.name ?? null,
      annotations,
      roles,
    })),
    namespaces,
    workloads,
    notCarried: left,
    steps,
  };
  // Read-only lists, printed and no more.
  return report as unknown as MigrateReport;
}

/** Of a folder, its files with these endings. */
const FOLDERS = { endings: /\.(?:ya?ml|json|ini|conf|config)$/, isDeep: true };
