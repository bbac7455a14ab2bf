/** `explain -f` and the webhook agree over the corpora: outcome, reason, warnings, and which container gets what. */
import { Readable } from 'node:stream';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { ANNOTATIONS } from '@rolechain/shared';
import { SETTINGS, account } from '@rolechain/webhook/testing';
import { admitInProcess, reviewResponse } from '@rolechain/webhook/testing/in-process.ts';
import { distinctPods, eksPods, everyFieldPods, psaFixtures, type NamedPod } from '@rolechain/kit/corpora/load.ts';
import { stringify } from 'yaml';
import type { ExplainReport, Explanation } from '../../cli/src/report-schemas/explain.ts';
import { runCommand } from './call.ts';
import { settingsFile } from './settings.ts';

const CORPORA: readonly (readonly [string, readonly NamedPod[]])[] = [
  ['kubernetes/pod-security-admission', distinctPods(psaFixtures())],
  ['kubernetes/api, every field', everyFieldPods()],
  ['aws/amazon-eks-pod-identity-webhook', eksPods()],
];
const ACCOUNTS = {
  'one role': account(),
  'two roles': account(
    '{roleARN: "arn:aws:iam::222222222222:role/orders", roles: {audit: {roleARN: "arn:aws:iam::222222222222:role/audit"}}}',
  ),
  'an invalid annotation': account('{roleARN: x}'),
  'no role': account(''),
};

/** The fields that parseSettings takes: those of SETTINGS, which decide. */
function settingsText(conflicts: 'refuse' | 'warn'): string {
  const { eks: _eks, ...others } = SETTINGS;
  return stringify({ ...others, conflicts });
}

describe.each(CORPORA)('%s', (_corpus, pods) => {
  describe.each(Object.entries(ACCOUNTS))('an account with %s', (_what, who) => {
    test.each(['refuse', 'warn'] as const)('conflicts: %s', async (conflicts) => {
      const asked = pods.map(({ pod }) => ({
        ...pod,
        metadata: { ...pod.metadata, namespace: 'shop' },
        spec: { ...pod.spec, serviceAccountName: 'orders' },
      }));
      const metadata = { name: who.name, namespace: who.namespace, annotations: who.annotations };
      const items = [{ kind: 'ServiceAccount', metadata }, ...asked.map((pod) => ({ ...pod, kind: 'Pod' }))];
      const stdin = Readable.from([JSON.stringify({ kind: 'List', items })]);
      const settings = await settingsFile(settingsText(conflicts));
      const { out } = await runCommand(['explain', '-f', '-', '--settings', settings, '-o', 'json'], { stdin });
      const [, ...explained] = (JSON.parse(out) as ExplainReport).explanations;
      const webhook = await webhookOf(who, conflicts);
      expect(explained).toHaveLength(pods.length);
      const wrong: string[] = [];
      for (const [index, pod] of asked.entries()) {
        const answer = await webhook.answer(pod);
        const said = explained[index] && wordsOf(explained[index]);
        if (JSON.stringify(answer) !== JSON.stringify(said)) {
          wrong.push(`${pods[index]?.source ?? ''}: ${JSON.stringify(answer)} is explained as ${JSON.stringify(said)}`);
        }
      }
      await webhook.close();
      expect(wrong).toEqual([]);
    });
  });
});

interface Said {
  readonly outcome: string;
  readonly reason: string;
  readonly warnings: number;
  readonly held: Readonly<Record<string, readonly string[]>>;
}

function wordsOf({ outcome, reasons, warnings, containers }: Explanation): Said {
  const holding = containers.filter(({ roles }) => roles.length > 0);
  return {
    outcome,
    reason: reasons[0]?.code ?? 'Injected',
    warnings: warnings.length,
    held: outcome === 'injected' ? Object.fromEntries(holding.map(({ name, roles }) => [name, roles])) : {},
  };
}

/** What the real server answers to a review of the pod, read from its patch. */
async function webhookOf(who: (typeof ACCOUNTS)['one role'], conflicts: 'refuse' | 'warn') {
  const server = await admitInProcess({
    lookup: () => Promise.resolve(who),
    settings: () => ({ ...SETTINGS, conflicts }),
  });
  const answer = async (pod: unknown): Promise<Said> => {
    const request = {
      uid: 'u',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace: 'shop',
      object: pod,
    };
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
    const response = reviewResponse(await server.mutate(JSON.stringify(review)));
    if (!response) throw new Error('the webhook gave no answer');
    const operations = JSON.parse(Buffer.from(response.patch ?? 'W10=', 'base64').toString()) as Operation[];
    const after = jsonPatch.applyPatch(structuredClone(pod), operations).newDocument as {
      metadata: { annotations?: Record<string, string> };
    };
    const status = after.metadata.annotations?.[ANNOTATIONS.status.key];
    const isInjected = response.allowed && response.auditAnnotations.reason === 'Injected';
    const { containers = {} } = isInjected ? (JSON.parse(status ?? '{}') as { containers?: Said['held'] }) : {};
    return {
      outcome: !response.allowed ? 'refused' : isInjected ? 'injected' : 'skipped',
      reason: response.auditAnnotations.reason ?? '',
      warnings: response.warnings?.length ?? 0,
      held: containers,
    };
  };
  return { answer, close: server.close };
}
