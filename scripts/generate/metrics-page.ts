import {
  METRIC_LABELS,
  METRICS,
  PATHS,
  PORTS,
  SIDECAR,
  type MetricEntry,
  type MetricLabelEntry,
} from '@rolechain/shared';
import { code, row } from './markdown.ts';

/** A label of more values than this has a page that lists them. */
const SHOWN = 8;
const valuesOf = ({ values = [] }: MetricLabelEntry): string =>
  values.length <= SHOWN ? values.map(code).join(', ') : '';

/** docs/metrics.md: what a scrape of each program has. */
export function metricsPage(): string {
  return `# Metrics

Made from \`shared/src/metric-table\` and \`shared/src/metrics.ts\` by \`pnpm generate\`. A test holds a scrape of each program
against these tables, both ways.

## The webhook

At \`${PATHS.metrics}\`, port ${PORTS.webhookHealth} (setting \`healthPort\`), plain HTTP, of each replica separately.

${table(METRICS.webhook)}

## The sidecar

At \`${PATHS.metrics}\`, port ${PORTS.health} of the pod (higher where a container of the pod declares that), plain HTTP.

${table(METRICS.sidecar)}

A PodMonitor that needs no declared port: Prometheus finds a container without ports at the pod's address.

\`\`\`yaml
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: rolechain-sidecars
  namespace: monitoring
spec:
  namespaceSelector:
    any: true
  selector: {}
  podMetricsEndpoints:
    - path: ${PATHS.metrics}
      relabelings:
        - sourceLabels: [__meta_kubernetes_pod_container_name]
          regex: ${SIDECAR.name}
          action: keep
        - sourceLabels: [__meta_kubernetes_pod_ip]
          replacement: $1:${PORTS.health}
          targetLabel: __address__
\`\`\`

With IPv6 addresses the replacement is [$1]:${PORTS.health}, in quotes. In a pod whose container declares ${PORTS.health} the port is another: set \`declareMetricsPort\` and \`port: ${SIDECAR.metricsPort}\` where there are such.
With Istio or linkerd in strict mode the port is behind the proxy, as any other of the pod.

## Labels

| label | takes | values |
|---|---|---|
${Object.entries(METRIC_LABELS)
  .map(([label, entry]) => row(code(label), entry.text, valuesOf(entry)))
  .join('\n')}
`;
}

function table(metrics: Readonly<Record<string, MetricEntry>>): string {
  const rows = Object.values(metrics).map(({ name, type, labels, help }) =>
    row(code(name), type, labels.map(code).join(', '), help),
  );
  return `| metric | type | labels | what it tells |\n|---|---|---|---|\n${rows.join('\n')}`;
}
