/** Where there is no kube-apiserver: the webhook is asked as one would ask it, and its patch is applied. */
import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { PATHS } from '@rolechain/shared';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { KubeDouble } from '@rolechain/doubles/kube.ts';
import { heard } from '@rolechain/kit/record.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';

export interface Reviewed {
  /** The pod as it comes out; undefined where it is refused. */
  readonly pod?: KubeObject;
  /** Status and body of an answer that is no review, or the message of a refusal. */
  readonly refusal?: string;
}

/**
 * Posts the AdmissionReview of a pod's creation to the webhook on this port, over TLS with the CA that it has
 * published on the double.
 */
export async function reviewPod(double: KubeDouble, port: number, pod: KubeObject): Promise<Reviewed> {
  const hopeless = (): string | undefined => double.unanswered[0];
  await until('the webhook has published its CA', 10_000, () => bundleOf(double) !== '', hopeless);
  const { namespace = 'default' } = pod.metadata;
  if (!isCalled(double, namespace)) return { pod };
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      ...{ uid: randomUUID(), kind: { group: '', version: 'v1', kind: 'Pod' }, operation: 'CREATE', namespace },
      object: pod,
    },
  };
  const ca = Buffer.from(bundleOf(double), 'base64').toString();
  const { status, body } = await post(port, ca, JSON.stringify(review));
  heard('answer to an admission review', body);
  if (status !== 200) return { refusal: `HTTP ${status}: ${body}` };
  const { response } = JSON.parse(body) as {
    response: { allowed: boolean; patch?: string; status?: { message: string } };
  };
  if (!response.allowed) return { refusal: response.status?.message ?? 'refused' };
  const operations = JSON.parse(Buffer.from(response.patch ?? 'W10=', 'base64').toString()) as Operation[];
  return { pod: jsonPatch.applyPatch(pod, operations, true, false).newDocument };
}

interface Hook {
  readonly clientConfig: { readonly caBundle?: string };
  readonly namespaceSelector?: { readonly matchExpressions?: readonly Expression[] };
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

function hooksOf(double: KubeDouble): readonly Hook[] {
  const configuration = double.get({ resource: 'mutatingwebhookconfigurations', name: 'rolechain' });
  return ((configuration ?? {}) as { webhooks?: readonly Hook[] }).webhooks ?? [];
}

/** Whether an apiserver would call the webhook for this namespace. */
function isCalled(double: KubeDouble, name: string): boolean {
  const { metadata } = double.get({ resource: 'namespaces', name }) ?? {};
  const labels: Readonly<Record<string, string>> = {
    ...(metadata?.labels as Record<string, string> | undefined),
    'kubernetes.io/metadata.name': name,
  };
  const holds = ({ key, operator, values = [] }: Expression): boolean => {
    const isOne = labels[key] !== undefined && values.includes(labels[key]);
    if (operator === 'In') return isOne;
    if (operator === 'NotIn') return !isOne;
    throw new Error(`the operator ${operator} of a namespaceSelector is not known here`);
  };
  return hooksOf(double).some(({ namespaceSelector }) => (namespaceSelector?.matchExpressions ?? []).every(holds));
}

/** Base64 of PEM; empty until it is published. */
function bundleOf(double: KubeDouble): string {
  return hooksOf(double)[0]?.clientConfig.caBundle ?? '';
}

function post(port: number, ca: string, body: string): Promise<{ status: number; body: string }> {
  const servername = `rolechain-webhook.${NAMESPACE}.svc`;
  const headers = { 'content-type': 'application/json' };
  const options = { host: '127.0.0.1', port, path: PATHS.mutate, method: 'POST', ca, servername, headers };
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, agent: false }, (answer) => {
      text(answer).then((all) => resolve({ status: answer.statusCode ?? 0, body: all }), reject);
    });
    asked.on('error', reject).end(body);
  });
}
