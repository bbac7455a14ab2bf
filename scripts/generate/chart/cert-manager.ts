/** What the component cert-manager is in the chart: the same objects, and the same changes of others, under a value. Pure. */
import { edited, onlyIf, type Edit } from './edits.ts';

export const CERT_MANAGER = '.Values.certManager.enabled';

/** Of both configurations: cert-manager's CA injector looks for it. */
export const INJECTED: Edit = {
  from: 'webhooks:\n',
  to: `  {{- if ${CERT_MANAGER} }}
  annotations:
    cert-manager.io/inject-ca-from: {{ printf "%s/rolechain-webhook" .Release.Namespace | quote }}
  {{- end }}
webhooks:
`,
};

const MOUNT = '              mountPath: /etc/rolechain\n              readOnly: true\n';
const VOLUME = '          configMap:\n            name: rolechain-webhook\n';

/** Of the Deployment: its patch's two additions. */
export function mounted([mount, volume]: readonly string[]): readonly Edit[] {
  const behind = (from: string, depth: number, added = ''): Edit => ({
    from,
    to: `${from}${' '.repeat(depth)}{{- if ${CERT_MANAGER} }}\n${item(added, depth)}${' '.repeat(depth)}{{- end }}\n`,
  });
  return [behind(MOUNT, 12, mount), behind(VOLUME, 8, volume)];
}

function item(yaml: string, depth: number): string {
  const lines = yaml.trimEnd().split('\n');
  return lines.map((line, i) => `${' '.repeat(depth)}${i === 0 ? '- ' : '  '}${line}\n`).join('');
}

/** The rights on the configurations, which the webhook then only reads, and those on Secrets, which it has not. */
export function rights(documents: readonly string[]): string[] {
  const isNamespaced = (document: string): boolean => /^kind: Role(?:Binding)?$/m.test(document);
  const own = documents.filter(isNamespaced);
  if (own.length !== 2) throw new Error('the base has other rights in its own namespace');
  const others = documents.filter((document) => !isNamespaced(document)).join('\n---\n');
  const verbs = '[get, list, watch, patch]';
  const to = `verbs: {{ if ${CERT_MANAGER} }}[get]{{ else }}${verbs}{{ end }}\n`;
  return [
    `${edited(others, [{ from: `verbs: ${verbs}\n`, to }]).trimEnd()}\n`,
    onlyIf(`not ${CERT_MANAGER}`, `---\n${own.join('\n---\n')}`),
  ];
}

/** Lines of the settings. */
export const settingLines = (lines: string): string => `{{- if ${CERT_MANAGER} }}\n${lines}\n{{- end }}`;
