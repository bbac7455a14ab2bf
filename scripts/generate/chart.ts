/** The generated files of charts/rolechain: templates from manifests/base, the schema of its values, its version. */
import { readFileSync } from 'node:fs';
import { VERSION } from '@rolechain/shared';
import { parse, stringify } from 'yaml';
import { templates } from './chart/templates.ts';
import { valuesSchema } from './chart/values-schema.ts';

const FOLDER = 'charts/rolechain';

/** By their paths from the root, which ends in a slash. */
export function chartFiles(root: string): Readonly<Record<string, string>> {
  const read = (path: string): string => readFileSync(`${root}manifests/${path}`, 'utf8');
  const { resources } = parse(read('base/kustomization.yaml')) as { resources: string[] };
  const made = templates({
    base: Object.fromEntries(resources.map((name) => [name, read(`base/${name}`)])),
    fluxAlias: {
      guard: replacedBy(read('components/flux-alias/guard.yaml')) as string,
      validatingWebhook: replacedBy(read('components/flux-alias/validating-webhook.yaml')) as string,
    },
    defaultRole: read('components/default-role/guard.yaml'),
    monitoring: ['monitors.yaml', 'rules.yaml'].map((name) => read(`components/prometheus/${name}`)).join('---\n'),
    dashboard: read('components/prometheus/dashboard.json'),
    horizontal: read('components/autoscale/horizontal-pod-autoscaler.yaml'),
    vertical: read('components/right-size/vertical-pod-autoscaler.yaml'),
    certManager: {
      certificates: read('components/cert-manager/certificates.yaml'),
      settings: (parse(read('components/cert-manager/setting.yaml')) as { data: { lines: string } }).data.lines,
      added: (parse(read('components/cert-manager/deployment.yaml')) as { value: object }[]).map(({ value }) =>
        stringify(value),
      ),
    },
    auditActions: replacedBy(read('components/audit/guard.yaml')) as string[],
  });
  return {
    [`${FOLDER}/Chart.yaml`]: chart(),
    [`${FOLDER}/values.schema.json`]: `${JSON.stringify(valuesSchema(), null, 2)}\n`,
    ...Object.fromEntries(Object.entries(made).map(([name, text]) => [`${FOLDER}/templates/${name}`, text])),
  };
}

function chart(): string {
  const comment = '# Made by `pnpm generate`: edit scripts/generate/chart.ts.\n';
  return (
    comment +
    stringify({
      apiVersion: 'v2',
      name: 'rolechain',
      description: 'Lets any pod assume an AWS IAM role, by one annotation of its ServiceAccount',
      type: 'application',
      version: VERSION,
      appVersion: VERSION,
      kubeVersion: '>=1.33.0-0',
      keywords: ['aws', 'iam', 'sts', 'assume-role', 'irsa', 'eks-pod-identity', 'admission-webhook', 'sidecar'],
      annotations: { 'artifacthub.io/license': 'Apache-2.0' },
    })
  );
}

/** The value of a JSON patch's one replacement. */
function replacedBy(patch: string): unknown {
  const operations = parse(patch) as { op: string; value: unknown }[];
  const [found, ...more] = operations.filter(({ op }) => op === 'replace');
  if (!found || more.length > 0) throw new Error(`the patch has not one replacement:\n${patch}`);
  return found.value;
}
