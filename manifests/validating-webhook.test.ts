/** Who asks `/validate`, by manifests/base. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANNOTATION_PREFIX, PATHS } from '@rolechain/shared';
import { parseSettings } from '@rolechain/webhook';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';

const read = (name: string): KubeObject => {
  const [object] = parseManifests(readFileSync(join(__dirname, 'base', name), 'utf8'));
  if (!object) throw new Error(name);
  return object;
};
interface Webhook {
  readonly clientConfig: { readonly caBundle?: string; readonly service: unknown };
  readonly matchConditions: readonly { readonly expression: string }[];
  readonly namespaceSelector?: unknown;
  readonly rules: unknown;
  readonly sideEffects: string;
}
const { metadata, webhooks } = read('validating-webhook.yaml') as KubeObject & {
  readonly webhooks: readonly Webhook[];
};
const [annotations, ofSettings] = webhooks;
const configMap = read('settings.yaml') as KubeObject & { readonly data: Readonly<Record<string, string>> };
const settings = parseSettings(configMap.data['settings.yaml'] ?? '');

test('each is asked for 2 s at most, and nothing is refused because of us', () => {
  expect(settings).toMatchObject({ ok: true, value: { webhookConfiguration: metadata.name } });
  const serviceName = settings.ok ? settings.value.serviceName : '';
  expect(webhooks).toHaveLength(2);
  for (const webhook of webhooks) {
    expect(webhook).toMatchObject({ failurePolicy: 'Ignore', timeoutSeconds: 2 });
    expect(webhook.clientConfig.caBundle).toBeUndefined();
    expect(webhook.clientConfig.service).toMatchObject({ name: serviceName, path: PATHS.validate });
  }
  // An event tells of a ServiceAccount that is refused; of settings there is none.
  expect(webhooks.map(({ sideEffects }) => sideEffects)).toEqual(['NoneOnDryRun', 'None']);
});

test('accounts and Namespaces are validated only when a key of ours changed', () => {
  // A rule of another scope never matches a Namespace (admissionregistration/v1, ScopeType).
  expect(annotations?.rules).toMatchObject([{ resources: ['serviceaccounts', 'namespaces'], scope: '*' }]);
  const named = annotations?.matchConditions.flatMap(({ expression }) => expression.match(/'[^']*'/g) ?? []);
  expect(new Set(named)).toEqual(new Set([`'${ANNOTATION_PREFIX}'`]));
});

test('of ConfigMaps the settings alone are validated, and a start that they stop says why', () => {
  expect(configMap.metadata.namespace).toBe(NAMESPACE);
  expect(ofSettings).toMatchObject({
    rules: [{ resources: ['configmaps'], scope: 'Namespaced', operations: ['CREATE', 'UPDATE'] }],
    namespaceSelector: {
      matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [NAMESPACE] }],
    },
    matchConditions: [{ expression: `object.metadata.name == '${String(configMap.metadata.name)}'` }],
  });
  expect(read('deployment.yaml')).toMatchObject({
    spec: { template: { spec: { containers: [{ terminationMessagePolicy: 'FallbackToLogsOnError' }] } } },
  });
});
