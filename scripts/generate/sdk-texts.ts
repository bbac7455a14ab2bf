import { ANSWERS, readTexts, type AnswerName, type SdkTexts } from '../../test/troubleshooting/sdk-answers.ts';

/** The section of docs/troubleshooting.md that is found by what an SDK prints. */
export function sdkTextsSection(): string {
  const sdks = readTexts();
  const silent = sdks.filter(({ texts }) => !Object.values(texts).some((text) => text.includes('CODE')));
  return `## What an SDK prints

Some SDKs print the code (here \`CODE\`) and what to do about it (here \`…\`); the code is one of [these](#by-code). Others print the same
whatever is wrong (${silent.map(({ name }) => name).join(', ')}): \`kubectl logs NAME --container rolechain\` says it then.
Where no sidecar listens, it was killed or starts again: \`kubectl describe pod NAME\` says why.
Where the container holds no role: [so](#the-container-holds-no-role).

Asked were ${sdks.map(({ name, version }) => `${name} (${version})`).join(', ')}.

${sdks.map(sdkSection).join('\n\n')}`;
}

function sdkSection({ name, texts }: SdkTexts): string {
  const names = Object.keys(ANSWERS) as AnswerName[];
  const byText = [...Map.groupBy(names, (answer) => texts[answer])];
  const parts = byText.map(([text, answers]) => {
    const met =
      answers.length === names.length ? 'Whatever is wrong' : answers.map((one) => ANSWERS[one].title).join('; ');
    return `${met}:\n\n\`\`\`text\n${text}\n\`\`\``;
  });
  return [`### ${name}`, ...parts].join('\n\n');
}
