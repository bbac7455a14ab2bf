/** `rolechain explain`: of a cluster's object, or of what stands in files. */
import { CodedError } from '@rolechain/shared';
import type { Call, Outcome, Run } from '../terminal/command.ts';
import { asPod, podTemplateOf } from '../documents/pod-template.ts';
import { decideOptions } from '../documents/known-objects.ts';
import type { Manifest } from '../documents/manifests.ts';
import { readInput, type Input } from '../documents/read-input.ts';
import { listOf, textOf as optionText } from '../terminal/options.ts';
import { explainAccount, explainNamespace } from '../explanation/explain-account.ts';
import { explainPod, isFinding, type World } from '../explanation/explain.ts';
import { drawingsOf, graphText } from '../explanation/graph.ts';
import { plainTexts, textOf } from '../explanation/text.ts';
import type { Explanation, ExplainReport, Subject } from '../report-schemas/explain.ts';

export const run: Run = async (call) => {
  if (call.options.graph !== undefined && call.output !== 'text') {
    throw new CodedError('UsageInvalid', `--graph is a text, and --output asks for ${call.output}.`, {
      fix: 'Give one of the two.',
    });
  }
  const explanations = await (listOf(call.options.file).length > 0 ? explainInput(call) : explainLive(call));
  return outcomeOf(explanations, call);
};

async function explainLive(call: Call): Promise<Explanation[]> {
  const [kind, name] = call.args;
  if (typeof kind !== 'string' || typeof name !== 'string') {
    throw new CodedError('UsageInvalid', 'Neither a kind and a name nor -f is given.');
  }
  // Loads the client of the cluster, which takes as long as all the rest.
  const { explainInCluster } = await import('../explanation/in-cluster.ts');
  return [await explainInCluster(call, kind, name)];
}

async function explainInput(call: Call): Promise<Explanation[]> {
  if (call.args.some((argument) => argument !== undefined)) {
    throw new CodedError('UsageInvalid', 'A kind and a name are given beside -f.', { fix: 'Give one of the two.' });
  }
  const input = await readInput(call);
  const world: World = { ...input, options: decideOptions(input.settings, input.known), gaps: [] };
  const explanations: Explanation[] = [];
  for (const manifest of input.manifests) {
    const explanation = await explainManifest(manifest, input, world);
    if (explanation) explanations.push(explanation);
  }
  if (explanations.length > 0) return explanations;
  throw new CodedError(
    'FileInvalid',
    'There is no pod, nothing that makes pods, no ServiceAccount and no Namespace in it.',
  );
}

async function explainManifest(
  manifest: Manifest,
  { namespaceOf }: Input,
  world: World,
): Promise<Explanation | undefined> {
  const { kind, name, value, file } = manifest;
  const subject: Subject = { kind, namespace: namespaceOf(manifest), name, from: file };
  if (kind === 'ServiceAccount') return explainAccount(subject, value, world);
  if (kind === 'Namespace') return explainNamespace(subject, value, world);
  const template = podTemplateOf(manifest);
  if (!template) return undefined;
  const around = template.path.length > 0 ? { around: value } : {};
  return explainPod({ subject, pod: asPod(template), ...around }, world);
}

async function outcomeOf(explanations: Explanation[], { options }: Call): Promise<Outcome> {
  const report: ExplainReport = { explanations };
  const common = { report, isFinding: explanations.some(isFinding) };
  const graph = optionText(options.graph);
  if (graph === undefined) return { ...common, text: (colours) => textOf(explanations, colours) };
  const drawings = drawingsOf(explanations.map(plainTexts));
  if (graph === 'text') return { ...common, text: () => graphText(drawings) };
  const { graphSVG } = await import('../explanation/graph-svg.ts');
  return { ...common, text: () => graphSVG(drawings) };
}
