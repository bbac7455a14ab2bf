/** `rolechain inject`: the webhook's decision and patch, on files. */
import { hash } from 'node:crypto';
import { CodedError, type ErrorCode, type ReasonCode } from '@rolechain/shared';
import { decideWithLookups, patch, type DecideOptions, type Decision } from '@rolechain/webhook';
import type { Run } from '../terminal/command.ts';
import { plain } from '../terminal/plain.ts';
import { decideOptions } from '../documents/known-objects.ts';
import type { Manifest } from '../documents/manifests.ts';
import { asPod, podTemplateOf, type PodTemplate } from '../documents/pod-template.ts';
import { readInput } from '../documents/read-input.ts';
import { differenceOf, rewrite, streamOf, type Change } from '../documents/rewrite.ts';
import type { InjectReport, InjectedObject } from '../report-schemas/inject.ts';

interface Answered {
  readonly manifest: Manifest;
  readonly namespace: string;
  readonly change: Change;
  readonly outcome: InjectedObject['outcome'];
  readonly reason: ReasonCode | ErrorCode;
  readonly message?: string;
  readonly warnings: readonly string[];
}

export const run: Run = async (call) => {
  const { options, surroundings } = call;
  const input = await readInput(call);
  if (input.settings.from === undefined) {
    throw new CodedError('UsageInvalid', "The webhook's settings are not known: the sidecar's image stands there.", {
      fix: 'Give --settings, or the ConfigMap of the settings by another -f.',
    });
  }
  const around = decideOptions(input.settings, input.known);
  const answered: Answered[] = [];
  for (const manifest of input.manifests) {
    const template = podTemplateOf(manifest);
    if (template) answered.push(await answer(manifest, template, input.namespaceOf(manifest), around));
  }
  const { files, objectOf, withoutComments } = rewrite(
    input.files,
    answered.map(({ change }) => change),
  );
  for (const one of answered) surroundings.err(noteOf(one));
  for (const file of withoutComments) surroundings.err(`${file}: comments are gone, since aliases stand in it\n`);
  const report: InjectReport = {
    objects: answered.map((one) => ({
      ...{ file: one.manifest.file, kind: one.manifest.kind, namespace: one.namespace, name: one.manifest.name },
      ...{ outcome: one.outcome, reason: one.reason, warnings: [...one.warnings] },
      ...(one.message === undefined ? {} : { message: one.message }),
      changed: one.change.operations.length > 0,
      ...(one.change.operations.length > 0 ? { object: { ...objectOf(one.manifest) } } : {}),
    })),
  };
  const shown = options.diff === true ? await differenceOf(files) : streamOf(files);
  const isFinding = answered.some(({ outcome }) => outcome === 'refused' || outcome === 'unknown');
  return { report, text: () => shown, isFinding };
};

async function answer(
  manifest: Manifest,
  template: PodTemplate,
  namespace: string,
  around: DecideOptions,
): Promise<Answered> {
  const at = { manifest, namespace };
  const changeOf = (operations: Change['operations']): Change => ({ manifest, path: template.path, operations });
  try {
    const { decision } = await decideWithLookups(asPod(template), namespace, around);
    const operations = patch(template.value, withoutTokens(decision), steady(manifest, namespace));
    const { outcome, reason, warnings } = decision;
    const tokens = decision.outcome === 'injected' && decision.tokensInEnv ? [TOKEN_LATER] : [];
    return {
      ...at,
      ...{ outcome, reason, change: changeOf(operations), warnings: [...warnings, ...tokens] },
      ...(decision.outcome === 'refused' ? { message: decision.message } : {}),
    };
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'ObjectNotFound') throw error;
    const message = `${error.message} ${error.fix}`;
    return { ...at, change: changeOf([]), outcome: 'unknown', reason: error.code, message, warnings: [] };
  }
}

const TOKEN_LATER =
  'authorization-token: env: the token is not written here, since it is a secret; the webhook adds it when a pod is created';

/** A token in a manifest would be one for all its pods, and printed. */
function withoutTokens(decision: Decision): Decision {
  return decision.outcome === 'injected' ? { ...decision, tokensInEnv: false } : decision;
}

/** The same object gives the same text each time, so that a repository does not change with each run. */
function steady({ kind, name }: Manifest, namespace: string): { random: () => number; randomToken: () => string } {
  const digest = hash('sha256', `${kind} ${namespace}/${name}`, 'buffer');
  return {
    random: () => digest.readUInt32BE(0) / 2 ** 32,
    randomToken: () => {
      throw new CodedError('InternalError', 'A token was to be written.');
    },
  };
}

function noteOf({ manifest, namespace, outcome, reason, message, warnings }: Answered): string {
  const { kind, name, file } = manifest;
  const head = `${kind} ${namespace}/${name} (${file}): ${outcome} [${reason}]`;
  const lines = [
    head,
    ...(message === undefined ? [] : [`  ${message}`]),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ];
  return lines.map((line) => `${plain(line)}\n`).join('');
}
