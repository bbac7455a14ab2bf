/** The report for people: manifests that kubectl takes as they are, and the rest as comments. */
import { stringify } from 'yaml';
import { plain } from '../terminal/plain.ts';
import type { Colors } from '../terminal/colours.ts';
import type { MigrateReport } from '../report-schemas/migrate.ts';

/** No name that the API takes: so that the manifest is refused where nobody has read it. */
const UNNAMED = 'NAME-OF-THE-SERVICE-ACCOUNT';

export function textOf(report: MigrateReport, colours: Colors): string {
  const manifests = [
    ...report.namespaces.map(({ name, annotations, from }) => manifest('Namespace', { name, annotations }, from)),
    ...report.serviceAccounts.map(({ namespace, name, annotations, roles }) =>
      manifest(
        'ServiceAccount',
        { name: name ?? UNNAMED, namespace, annotations },
        roles.flatMap(({ from }) => from),
      ),
    ),
  ];
  const workloads = report.workloads.map(({ workload, annotations }) => [
    `${workload}: add to the annotations of its pods`,
    ...Object.entries(annotations).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
  ]);
  const steps = report.steps.map(({ object, text }) => [`${object}: ${text}`]);
  const left = report.notCarried.map(({ object, field, why, fix }) => [
    `${object}${field === '' ? '' : `, ${field}`}: ${why}`,
    `  ${fix}`,
  ]);
  const parts = [
    manifests.join('---\n'),
    comment('Annotations of pods', workloads, colours.bold),
    comment('Also to do', steps, colours.bold),
    comment('Not carried over', left, colours.yellow),
  ].filter((part) => part !== '');
  return parts.length === 0 ? '# Nothing of the tools that migrate knows was found.\n' : parts.join('\n');
}

type From = MigrateReport['namespaces'][number]['from'];

function manifest(kind: string, metadata: object, from: From): string {
  const origins = [...new Set(from.map(({ tool, object }) => `# ${plain(`${tool}: ${object}`)}`))];
  return `${origins.join('\n')}\n${stringify({ apiVersion: 'v1', kind, metadata }, { lineWidth: 0 })}`;
}

function comment(title: string, entries: readonly (readonly string[])[], paint: (text: string) => string): string {
  if (entries.length === 0) return '';
  return [`# ${paint(title)}`, ...entries.flat().map((line) => `#   ${plain(line)}`), ''].join('\n');
}
