/** The chart's templates: the files of manifests/base, with values where an admin may choose. Pure. */
import { VERSION } from '@rolechain/shared';
import { CERT_MANAGER, INJECTED, mounted, rights, settingLines } from './cert-manager.ts';
import { edited, onlyIf, withAlternative, type Edit } from './edits.ts';

/** What the templates are made of. */
export interface Sources {
  /** The base's files by their names. */
  readonly base: Readonly<Record<string, string>>;
  /** The expressions of the component flux-alias. */
  readonly fluxAlias: { readonly guard: string; readonly validatingWebhook: string };
  /** The guard of the component default-role. */
  readonly defaultRole: string;
  /** The objects of the component prometheus but for the dashboard, and that as JSON. */
  readonly monitoring: string;
  readonly dashboard: string;
  /** Of the component cert-manager: its objects, its settings, and what it adds to the Deployment. */
  readonly certManager: { readonly certificates: string; readonly settings: string; readonly added: readonly string[] };
  /** `validationActions` of the component audit. */
  readonly auditActions: readonly string[];
  /** The objects of the components autoscale and right-size. */
  readonly horizontal: string;
  readonly vertical: string;
}

const NAMESPACE = '{{ .Release.Namespace | quote }}';
const OURS: Edit = { from: 'namespace: rolechain\n', to: `namespace: ${NAMESPACE}\n` };
const SELECTED: Edit = { from: '[kube-system, rolechain]', to: `[kube-system, ${NAMESPACE}]`, times: 2 };
/** Of the webhook that is asked about the settings. */
const OURS_ALONE: Edit = { from: 'values: [rolechain]\n', to: `values: [${NAMESPACE}]\n` };
const FLUX = '.Values.settings.fluxAlias';
const AUDIT = 'eq (default "enforce" .Values.settings.mode) "audit"';
const HORIZONTAL = '.Values.autoscaling.horizontal';
const VERTICAL = '.Values.autoscaling.vertical';
const DEFAULT_ROLE = 'and .Values.guard.enabled .Values.settings.namespaceDefaultRole';

/** Roles and bindings by their names, and when there are. */
const OPTIONAL_RIGHTS: Readonly<Record<string, string>> = {
  'rolechain-webhook-limit-ranges': '.Values.readLimitRanges',
  'rolechain-webhook-events': 'ne (toString .Values.settings.events) "false"',
};

type Make = (text: string, sources: Sources) => string;

const inOurs =
  (...edits: readonly Edit[]): Make =>
  (text) =>
    edited(text, [OURS, ...edits]);

const IMAGE = (name: string): string => `{{ include "rolechain.image" (list . .Values.image.${name}) }}`;
const yamlOf = (value: string, indent: number): string => `{{- toYaml ${value} | nindent ${indent} }}`;
/** Lines at that depth, where there is a value. */
const whereSet = (name: string, indent: number): string => {
  const spaces = ' '.repeat(indent);
  return `${spaces}{{- with .Values.${name} }}\n${spaces}${name}:\n${spaces}  {{- toYaml . | nindent ${indent + 2} }}\n${spaces}{{- end }}\n`;
};

const LABELS_OF_PODS = `    metadata:
      labels:
        app.kubernetes.io/name: rolechain
        app.kubernetes.io/component: webhook
        app.kubernetes.io/part-of: rolechain
`;
const USERS = `        runAsUser: 28174
        runAsGroup: 28174
`;
const RESOURCES = `          resources:
            requests:
              cpu: 50m
              memory: 128Mi
            limits:
              memory: 512Mi
`;
/** The values have it. */
const LINUX = '      # The image is of Linux alone.\n      nodeSelector:\n        kubernetes.io/os: linux\n';
/** Where settings differ from the chart's own, pods carry their checksum: a change restarts them. */
const CHECKSUM = `      {{- $settings := include "rolechain.settings" . | sha256sum }}
      {{- if ne $settings (include "rolechain.defaultSettings" . | sha256sum) }}
      annotations:
        checksum/settings: {{ $settings }}
      {{- end }}
`;

const FILES: Readonly<Record<string, Make>> = {
  'namespace.yaml': (text) =>
    onlyIf(
      '.Values.namespace.create',
      edited(text, [{ from: 'name: rolechain\n  labels', to: `name: ${NAMESPACE}\n  labels` }]),
    ),
  'service-account.yaml': inOurs(),
  'rbac.yaml': (text) => {
    const documents = edited(text, [{ ...OURS, times: 6 }]).split('\n---\n');
    const named = (name: string): string[] => documents.filter((document) => document.includes(`name: ${name}\n`));
    const optional = Object.entries(OPTIONAL_RIGHTS).map(([name, condition]) => ({ condition, found: named(name) }));
    if (optional.some(({ found }) => found.length !== 2)) throw new Error('the base has other optional rights');
    const kept = documents.filter((document) => !optional.some(({ found }) => found.includes(document)));
    const conditional = optional.map(({ condition, found }) => onlyIf(condition, `---\n${found.join('\n---\n')}`));
    return [...rights(kept), ...conditional].join('');
  },
  'settings.yaml': (text) => {
    const { head } = settingsIn(text);
    return edited(head, [OURS]) + '{{ include "rolechain.settings" . | indent 4 }}\n';
  },
  'service.yaml': inOurs(),
  'network-policy.yaml': (text) => onlyIf('.Values.networkPolicy.enabled', edited(text, [OURS])),
  // One replica may be drained: its pods' creation is held up for as long.
  'pod-disruption-budget.yaml': (text) =>
    onlyIf(`or ${HORIZONTAL}.enabled (gt (int .Values.replicas) 1)`, edited(text, [OURS])),
  'deployment.yaml': (text, { certManager: { added } }) =>
    edited(text, [
      OURS,
      {
        from: '  replicas: 2\n',
        to: `  {{- if not ${HORIZONTAL}.enabled }}\n  replicas: {{ .Values.replicas }}\n  {{- end }}\n`,
      },
      { from: LABELS_OF_PODS, to: `    metadata:\n${CHECKSUM}${LABELS_OF_PODS.slice('    metadata:\n'.length)}` },
      {
        from: `      priorityClassName: system-cluster-critical\n${LINUX}`,
        to: `      {{- with .Values.priorityClassName }}\n      priorityClassName: {{ . | quote }}\n      {{- end }}\n${['imagePullSecrets', 'nodeSelector', 'tolerations', 'affinity'].map((name) => whereSet(name, 6)).join('')}`,
      },
      {
        from: USERS,
        to: `        {{- if ne (default "fixed" .Values.settings.sidecarUser) "unset" }}\n${USERS}        {{- end }}\n`,
      },
      { from: `image: registry.example/rolechain/webhook:${VERSION}\n`, to: `image: ${IMAGE('webhook')}\n` },
      { from: RESOURCES, to: `          resources:\n            ${yamlOf('.Values.resources', 12)}\n` },
      ...mounted(added),
    ]),
  'webhook.yaml': inOursTimes(2, SELECTED, INJECTED),
  'validating-webhook.yaml': (text, { fluxAlias: { validatingWebhook: value } }) =>
    withAlternative(edited(text, [{ ...OURS, times: 2 }, OURS_ALONE, INJECTED]), {
      ...{ above: '- name: changed', condition: FLUX, value },
    }),
  'guard.yaml': (text, { fluxAlias: { guard: value }, auditActions }) => {
    const withValues = edited(text, [
      SELECTED,
      actions(auditActions),
      { from: 'with earlier ones use ../overlays/without-guard', to: 'with earlier ones set guard.enabled to false' },
    ]);
    const above = '- name: asks-for-a-role';
    return onlyIf('.Values.guard.enabled', withAlternative(withValues, { above, condition: FLUX, value }));
  },
};

/** In both bindings of a guard. */
function actions(underAudit: readonly string[]): Edit {
  const from = '[Deny]';
  const to = `{{ if ${AUDIT} }}[${underAudit.join(', ')}]{{ else }}${from}{{ end }}`;
  return { from: `validationActions: ${from}\n`, to: `validationActions: ${to}\n`, times: 2 };
}

function inOursTimes(times: number, ...edits: readonly Edit[]): Make {
  return (text) => edited(text, [{ ...OURS, times }, ...edits]);
}

/** By their names; each says where it comes from. Throws when the base has a file that is not listed here, or lacks one. */
export function templates(sources: Sources): Readonly<Record<string, string>> {
  const unknown = Object.keys(sources.base).filter((name) => !Object.hasOwn(FILES, name));
  if (unknown.length > 0) throw new Error(`the chart has no template for manifests/base/${unknown.join(', ')}`);
  const made = Object.entries(FILES).map(([name, make]): [string, string] => {
    const text = sources.base[name];
    if (text === undefined) throw new Error(`manifests/base has no ${name}`);
    return [name, template(`manifests/base/${name}`, make(text, sources))];
  });
  const { defaultRole, auditActions, horizontal, vertical, certManager } = sources;
  const guard = edited(defaultRole.replaceAll('../../base/', ''), [SELECTED, actions(auditActions)]);
  return {
    ...Object.fromEntries(made),
    'default-role-guard.yaml': template('manifests/components/default-role/guard.yaml', onlyIf(DEFAULT_ROLE, guard)),
    'monitoring.yaml': template(
      'manifests/components/prometheus',
      onlyIf('.Values.monitoring.enabled', monitoring(sources.monitoring, sources.dashboard)),
    ),
    'horizontal-pod-autoscaler.yaml': template(
      'manifests/components/autoscale/horizontal-pod-autoscaler.yaml',
      onlyIf(
        `${HORIZONTAL}.enabled`,
        edited(horizontal, [
          OURS,
          { from: 'minReplicas: 2\n', to: `minReplicas: {{ ${HORIZONTAL}.minReplicas }}\n` },
          { from: 'maxReplicas: 6\n', to: `maxReplicas: {{ ${HORIZONTAL}.maxReplicas }}\n` },
          { from: 'averageValue: 500m\n', to: `averageValue: {{ ${HORIZONTAL}.averageCPU | quote }}\n` },
        ]),
      ),
    ),
    'vertical-pod-autoscaler.yaml': template(
      'manifests/components/right-size/vertical-pod-autoscaler.yaml',
      onlyIf(
        `${VERTICAL}.enabled`,
        edited(vertical, [
          OURS,
          { from: 'updateMode: Recreate\n', to: `updateMode: {{ ${VERTICAL}.updateMode | quote }}\n` },
          { from: '          memory: 1Gi\n', to: `          memory: {{ ${VERTICAL}.maxMemory | quote }}\n` },
        ]),
      ),
    ),
    'certificates.yaml': template(
      'manifests/components/cert-manager/certificates.yaml',
      onlyIf(CERT_MANAGER, edited(certManager.certificates, [{ ...OURS, times: 4 }, ...DNS_NAMES])),
    ),
    '_helpers.tpl': helpers(sources.base['settings.yaml'] ?? '', certManager.settings),
  };
}

const DNS_NAMES: readonly Edit[] = ['', '.cluster.local'].map((end) => ({
  from: `- rolechain-webhook.rolechain.svc${end}\n`,
  to: `- rolechain-webhook.{{ .Release.Namespace }}.svc${end}\n`,
}));
const RUNBOOKS = 'https://source.example/rolechain/blob/main/docs/runbooks.md';
const LABELS_END = '    app.kubernetes.io/component: monitoring\n    app.kubernetes.io/part-of: rolechain\n';
/** Where Prometheus and Grafana look for labels of the admin's. */
const OWN_LABELS = `${LABELS_END}    {{- with .Values.monitoring.labels }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\n`;
const dashboardMap = (json: string): string => `---
apiVersion: v1
kind: ConfigMap
metadata:
  name: rolechain-dashboard
  namespace: ${NAMESPACE}
  labels:
${OWN_LABELS}    app.kubernetes.io/name: rolechain
    app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
    grafana_dashboard: '1'
data:
  rolechain.json: |
${json.trimEnd().replaceAll(/^/gm, '    ')}
`;

/** Prometheus' templates stand in the same braces as Helm's. */
const quoteBraces = (text: string): string => text.replaceAll(/\{\{[^{}]*\}\}/g, (inner) => `{{ \`${inner}\` }}`);

/** EKS' check of add-ons knows no files beside templates (test/helm/addon.test.ts). */
function monitoring(text: string, json: string): string {
  const quoted = quoteBraces(text);
  const edits: readonly Edit[] = [
    { ...OURS, times: 4 },
    { from: LABELS_END, to: OWN_LABELS, times: 4 },
  ];
  return (
    edited(quoted, edits).replaceAll(RUNBOOKS, '{{ .Values.monitoring.runbooks }}') + dashboardMap(quoteBraces(json))
  );
}

/** It says where it comes from. The version is the chart's: `helm package --app-version` gives another one. */
function template(source: string, text: string): string {
  const withVersion = text.replaceAll(/(app\.kubernetes\.io\/version: ).*/g, '$1{{ .Chart.AppVersion | quote }}');
  return `{{- /* Made from ${source} by \`pnpm generate\`: edit that. */ -}}\n${withVersion}`;
}

interface SettingsText {
  /** The manifest up to the text of the settings. */
  readonly head: string;
  /** The comments and the image, without the depth of the block. */
  readonly kept: string;
  /** The other settings: defaults of values.yaml. */
  readonly others: string;
}

/** The base's settings: comments, the image, and the rest, which has to stand behind them. */
export function settingsIn(manifest: string): SettingsText {
  const [head = '', block = ''] = manifest.split(/(?<=settings\.yaml: \|\n)/);
  const lines = block
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(4));
  const isKept = (line: string): boolean => line.startsWith('#') || line.startsWith('sidecarImage:');
  const others = lines.findIndex((line) => !isKept(line));
  if (others < 0 || lines.slice(others).some(isKept)) throw new Error('settings stand before a comment or the image');
  return { head, kept: lines.slice(0, others).join('\n'), others: lines.slice(others).join('\n') };
}

function helpers(settings: string, certManager: string): string {
  const { kept, others } = settingsIn(settings);
  const withImage = kept.replace(/^sidecarImage: .*$/m, `sidecarImage: ${IMAGE('sidecar')}`);
  return `{{- /* Made from manifests/base/settings.yaml by \`pnpm generate\`: edit that, or scripts/generate/chart/templates.ts. */ -}}

{{- /* An image of the registry, by digest where values have one, else by tag. */ -}}
{{- define "rolechain.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{ $root.Values.image.registry }}/{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* The text that the webhook reads. */ -}}
{{- define "rolechain.settings" -}}
${withImage}
${settingLines(certManager)}
{{- with .Values.settings }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The same without any value: a first install with it needs no checksum. */ -}}
{{- define "rolechain.defaultSettings" -}}
${kept}
${others}
{{- end }}
`;
}
