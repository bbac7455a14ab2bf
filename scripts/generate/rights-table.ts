import { parseAllDocuments } from 'yaml';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}
interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
}

/** Why the webhook has each right, by the right as `rightsTable` writes it. One without a reason fails. */
export const REASONS_FOR_RIGHTS: Readonly<Record<string, string>> = {
  'get, list, watch `serviceaccounts`, all namespaces': 'their annotations say which role a pod gets',
  'get, list, watch `namespaces`':
    'their annotations say which roles their accounts may ask for, and what resources the sidecar gets',
  'list, watch `limitranges`, all namespaces':
    "to keep the sidecar's resources inside them; optional: the component `without-limit-ranges` takes it away",
  'create, patch `events`, all namespaces':
    'to tell refusals, conflicts and warnings where pods are made; optional: the component `without-events` takes it away',
  'get `nodes`': 'the Region, from the label of its own node, when the settings name none',
  'get, list, watch, patch `mutatingwebhookconfigurations`, `validatingwebhookconfigurations` named `rolechain`':
    'to publish the CA bundle, and again as soon as it is gone; with the component `cert-manager` only `get`',
  'get `validatingadmissionpolicybindings` named `rolechain-guard`, `rolechain-guard-default-role`, `rolechain-guard-default-role-opted-in`, `rolechain-guard-opted-in`':
    'under the setting `mode: audit`, to tell where the guard refuses pods all the same',
  'create `secrets` in namespace `rolechain`':
    "to make the Secret of its certificate (RBAC can't tie `create` to a name); not with the component `cert-manager`",
  'get, list, watch, update `secrets` named `rolechain-webhook-tls` in namespace `rolechain`':
    'to read and renew it, and to serve what another replica has put there; not with the component `cert-manager`',
};

const CLUSTER_SCOPED = [
  ...['namespaces', 'nodes', 'mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
  'validatingadmissionpolicybindings',
];
const SECTION = /(<!-- rights:[^>]*-->\n)[^]*?(<!-- end of rights -->)/;

/** Every rule of the Roles and ClusterRoles in a manifest, as a table with its reason. Throws where the two differ. */
export function rightsTable(manifest: string, reasons = REASONS_FOR_RIGHTS): string {
  const rights = parseAllDocuments(manifest)
    .map((document) => document.toJS() as Role)
    .flatMap((role) => (role.rules ?? []).map((rule) => rightOf(role, rule)));
  const missing = rights.filter((right) => !Object.hasOwn(reasons, right));
  if (missing.length > 0) throw new Error(`no reason in rights-table.ts for: ${missing.join('; ')}`);
  const idle = Object.keys(reasons).filter((right) => !rights.includes(right));
  if (idle.length > 0) throw new Error(`rights-table.ts has reasons for what is no right: ${idle.join('; ')}`);
  const rows = rights.map((right) => `| ${right} | ${reasons[right] ?? ''} |`);
  return ['| right | why |', '| --- | --- |', ...rows].join('\n');
}

/** The text with the table between its markers. Throws when they aren't there. */
export function withRights(text: string, table: string): string {
  if (!SECTION.test(text)) throw new Error('SECURITY.md has no markers for the table of rights');
  return text.replace(SECTION, (_whole, start: string, end: string) => `${start}\n${table}\n\n${end}`);
}

function rightOf({ kind, metadata }: Role, { resources, resourceNames = [], verbs }: Rule): string {
  const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const named = resourceNames.length > 0 ? ` named ${code(resourceNames)}` : '';
  return `${verbs.join(', ')} ${code(resources)}${named}${whereOf(kind, metadata, resources)}`;
}

function whereOf(kind: string, { namespace }: Role['metadata'], resources: readonly string[]): string {
  if (kind === 'Role') return ` in namespace \`${namespace ?? ''}\``;
  return resources.every((resource) => CLUSTER_SCOPED.includes(resource)) ? '' : ', all namespaces';
}
