import { ANSWERS, readTexts, type AnswerName, type SdkTexts } from '../../test/troubleshooting/sdk-answers.ts';

/** The section of docs/troubleshooting.md that is found by what an SDK prints. */
export function sdkTextsSection(): string {
  const sdks = readTexts();
  return `## What an SDK prints

Some SDKs print the code and what to do about it. JavaScript's print the same whatever is wrong: \`kubectl logs NAME --container rolechain\`
says it then. \`…\` stands for the code's own text. Asked were ${sdks.map(({ name, version }) => `${name} ${version}`).join(', ')}.

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
