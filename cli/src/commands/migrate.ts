import { readFile, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import { CodedError } from '@rolechain/shared';
import type { NamedText } from '../migrate/config-files.ts';
import { migrate, type Migration } from '../migrate/migrate.ts';
import { sort } from '../migrate/read.ts';
import { textOf } from '../migrate/text.ts';
import type { MigrateReport } from '../report-schemas/migrate.ts';
import type { Run, Surroundings } from '../terminal/command.ts';

export const run: Run = async (call) => {
  const { options } = call;
  const baseRoleARN = textOption(options.baseRoleArn);
  if (baseRoleARN !== undefined && !/^arn:[^:]+:iam::\d{12}:role(?:\/|$)/.test(baseRoleARN)) {
    throw new CodedError('UsageInvalid', '--base-role-arn takes the beginning of an ARN, arn:aws:iam::ACCOUNT:role/.');
  }
  const files = (options.filename as readonly string[] | undefined) ?? [];
  const input = sort(await readAll(files, call.surroundings));
  const migration = migrate({ ...input, namespace: textOption(options.namespace) ?? 'default', baseRoleARN });
  const report = reportOf(migration);
  return { report, text: (colours) => textOf(report, colours), isFinding: report.notCarried.length > 0 };
};

function textOption(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
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
const ENDINGS = /\.(?:ya?ml|json|ini|conf|config)$/;

async function readAll(paths: readonly string[], surroundings: Surroundings): Promise<NamedText[]> {
  const all: NamedText[] = [];
  for (const path of paths) all.push(...(await readPath(path, surroundings)));
  return all;
}

async function readPath(path: string, { stdin, cwd }: Surroundings): Promise<NamedText[]> {
  if (path === '-') return [{ name: 'standard input', text: await readStream(stdin) }];
  const whole = resolve(cwd, path);
  try {
    if (!(await stat(whole)).isDirectory()) return [{ name: path, text: await readFile(whole, 'utf8') }];
    const names = (await readdir(whole, { recursive: true })).filter((name) => ENDINGS.test(name)).sort();
    return await Promise.all(
      names.map(async (name) => ({ name: join(path, name), text: await readFile(join(whole, name), 'utf8') })),
    );
  } catch (error) {
    throw new CodedError('FileUnreadable', `${path}: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}.`);
  }
}
