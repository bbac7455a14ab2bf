/** The schema of the chart's values, by which helm refuses others. Pure. */
import { LIMITS } from '@rolechain/shared';
import { settingsSchema, type JSONSchema } from './settings-schema.ts';

type Properties = Readonly<Record<string, JSONSchema>>;
/**
 * An object with these fields and no others. The first ones have defaults that templates need: one that is absent was taken away by
 * a `null`, and would end a template in words of Go.
 */
const closed = (required: Properties, optional: Properties = {}): JSONSchema => ({
  type: 'object',
  additionalProperties: false,
  properties: { ...required, ...optional },
  required: Object.keys(required),
});
const about = (description: string, schema: JSONSchema): JSONSchema => ({ description, ...schema });
const flag = (description: string): JSONSchema => ({ description, type: 'boolean' });

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dnsSubdomain = { type: 'string', pattern: `^${DNS_LABEL}(\\.${DNS_LABEL})*$`, maxLength: 253 };
// The grammar of names of images: github.com/distribution/reference, reference.go.
const COMPONENT = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*';
const HOST = '[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]+)?';

/** k8s.io/apimachinery pkg/api/resource, Quantity, without exponents. */
const QUANTITY = '^[0-9]+(\\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$';

const image = (description: string): JSONSchema =>
  about(
    description,
    closed(
      { repository: about('Below the registry.', { type: 'string', pattern: `^${COMPONENT}(/${COMPONENT})*$` }) },
      {
        tag: about("Default: the chart's appVersion.", {
          type: 'string',
          pattern: '^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$',
        }),
        digest: about('Of the image or its index. Goes before the tag.', {
          type: 'string',
          pattern: '^(sha256:[0-9a-f]{64})?$',
        }),
      },
    ),
  );

export function valuesSchema(): JSONSchema {
  const needed = {
    image: closed({
      registry: about('With a path where it has one.', {
        type: 'string',
        pattern: `^${HOST}(/${COMPONENT})*$`,
      }),
      webhook: image("The webhook's own image."),
      sidecar: image('Becomes the setting sidecarImage.'),
    }),
    settings: settings(),
    guard: closed({ enabled: flag('The policies that refuse pods which were not injected.') }),
    readLimitRanges: flag('Whether the webhook may read LimitRanges.'),
    networkPolicy: closed({ enabled: flag('Whether there is a NetworkPolicy.') }),
    namespace: closed({ create: flag("Whether the chart has the release's Namespace.") }),
    monitoring: closed({
      enabled: flag('Whether there are a ServiceMonitor, a PodMonitor, a PrometheusRule and a dashboard for Grafana.'),
      labels: about('Of these objects, by which your Prometheus chooses them.', {
        type: 'object',
        additionalProperties: { type: 'string' },
      }),
      runbooks: about('URL of docs/runbooks.md, for the alerts.', { type: 'string', pattern: '^https?://[^\\s"]+$' }),
    }),
    certManager: closed({ enabled: flag("Whether cert-manager makes the webhook's certificate.") }),
    replicas: about('Without a horizontal autoscaler.', { type: 'integer', minimum: 1 }),
    autoscaling: closed({
      horizontal: closed({
        enabled: flag('Whether there is a HorizontalPodAutoscaler.'),
        minReplicas: { type: 'integer', minimum: 1 },
        maxReplicas: { type: 'integer', minimum: 1 },
        averageCPU: about('Of a replica, above which there are more.', {
          type: ['string', 'number'],
          pattern: QUANTITY,
        }),
      }),
      vertical: closed({
        enabled: flag('Whether there is a VerticalPodAutoscaler, for memory.'),
        updateMode: { enum: ['Off', 'Initial', 'Recreate', 'InPlaceOrRecreate'] },
        maxMemory: about('The most that a replica may ask for.', { type: ['string', 'number'], pattern: QUANTITY }),
      }),
    }),
    tests: closed({ enabled: flag('Whether `helm test` has a pod.') }),
  };
  const others = {
    imagePullSecrets: about("Secrets of the release's namespace, for the webhook's own image.", {
      type: 'array',
      maxItems: LIMITS.imagePullSecrets,
      items: closed({ name: dnsSubdomain }),
    }),
    // Kubernetes' own: the apiserver knows what they take.
    resources: { type: 'object' },
    priorityClassName: { type: 'string', pattern: `^(${DNS_LABEL}(\\.${DNS_LABEL})*)?$` },
    nodeSelector: { type: 'object', additionalProperties: { type: 'string' } },
    tolerations: { type: 'array', items: { type: 'object' } },
    affinity: { type: 'object' },
    global: about('Of a chart that has this one as a part.', { type: 'object' }),
    // github.com/aws-samples/addons-transformer-for-amazon-eks, src/services/validate.ts.
    k8version: about("Does nothing: AWS's check of EKS add-ons sets it.", { type: ['string', 'number'] }),
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $comment: 'Made by `pnpm generate`: edit scripts/generate/chart/values-schema.ts.',
    ...closed(needed, others),
  };
}

/** `image` makes the first one; the others name what the templates name too, so that they would part from them. */
const FIXED: readonly string[] = [
  'sidecarImage',
  'port',
  'healthPort',
  'serviceName',
  'certDir',
  'certificateSecret',
  'webhookConfiguration',
];

function settings(): JSONSchema {
  const { properties = {}, required = [], ...rest } = settingsSchema();
  const free = Object.entries(properties).filter(([name]) => !FIXED.includes(name));
  const stillRequired = required.filter((name) => !FIXED.includes(name));
  const unknown = FIXED.filter((name) => !Object.hasOwn(properties, name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: no settings`);
  return {
    ...rest,
    properties: Object.fromEntries(free),
    ...(stillRequired.length > 0 && { required: stillRequired }),
  };
}
