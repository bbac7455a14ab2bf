/** `rolechain uninject`: the webhook's way back, on files. */
import { findInjected, uninject, viewPod, type DecideSettings } from '@rolechain/webhook';
import type { Run } from '../terminal/command.ts';
import { plain } from '../terminal/plain.ts';
import type { Manifest } from '../documents/manifests.ts';
import { podTemplateOf, type PodTemplate } from '../documents/pod-template.ts';
import { readInput } from '../documents/read-input.ts';
import { differenceOf, rewrite, streamOf, type Change } from '../documents/rewrite.ts';
import type { UninjectReport } from '../report-schemas/uninject.ts';

export const run: Run = async (call) => {
  const { options, surroundings } = call;
  const input = await readInput(call);
  const { eks } = input.settings.value;
  const taken = input.manifests.flatMap((manifest) => {
    const template = podTemplateOf(manifest);
    return template ? [takeOut(manifest, template, eks)] : [];
  });
  const { files, objectOf, withoutComments } = rewrite(
    input.files,
    taken.map(({ change }) => change),
  );
  for (const { manifest, message } of taken) {
    if (message !== undefined)
      surroundings.err(`${plain(`${manifest.kind} ${manifest.name} (${manifest.file}): ${message}`)}\n`);
  }
  for (const file of withoutComments) surroundings.err(`${file}: comments are gone, since aliases stand in it\n`);
  const report: UninjectReport = {
    objects: taken.map(({ manifest, message, change: { operations } }) => ({
      ...{ file: manifest.file, kind: manifest.kind, namespace: input.namespaceOf(manifest), name: manifest.name },
      changed: operations.length > 0,
      ...(message === undefined ? {} : { message }),
      ...(operations.length > 0 ? { object: { ...objectOf(manifest) } } : {}),
    })),
  };
  const shown = options.diff === true ? await differenceOf(files) : streamOf(files);
  return { report, text: () => shown, isFinding: taken.some(({ message }) => message !== undefined) };
};

interface Taken {
  readonly manifest: Manifest;
  readonly change: Change;
  readonly message?: string;
}

function takeOut(manifest: Manifest, { path, value }: PodTemplate, eks: DecideSettings['eks']): Taken {
  const change = { manifest, path, operations: uninject(value, eks) };
  const view = viewPod(value);
  if (!view.ok) return { manifest, change, message: 'it does not have the shape of a pod, and stays as it is' };
  const { nameCollisions } = findInjected(view.value);
  if (nameCollisions.length === 0) return { manifest, change };
  return {
    manifest,
    change,
    message: `it stays as it is, since a name of rolechain is taken: ${nameCollisions.join('; ')}`,
  };
}
