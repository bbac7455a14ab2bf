import GithubSlugger from 'github-slugger';
import { symptomText, toldOf } from '../../test/troubleshooting/measure.ts';
import { WAYS } from '../../test/troubleshooting/table.ts';
import { GROUPS, type Group, type Way } from '../../test/troubleshooting/way.ts';
import { code, row, plain } from './markdown.ts';
import { sdkTextsSection } from './sdk-texts.ts';

/** docs/troubleshooting.md: each way to fail, by what a person sees. */
export function troubleshootingPage(): string {
  const groups = (Object.keys(GROUPS) as Group[]).flatMap((group) => {
    const ways = WAYS.filter((way) => way.group === group);
    return ways.length === 0 ? [] : [`## ${GROUPS[group]}`, ...ways.map(section)];
  });
  return `# Troubleshooting

Made from \`test/troubleshooting/ways\` and the tables of codes by \`pnpm generate\`. Search it for the text that you see, or for a code in
brackets; [errors.md](errors.md) has every code. A test makes each of these happen, and looks whether what is said here is printed.

- A pod by its name: \`rolechain explain pod NAME -n NAMESPACE\`. Manifests before they are applied: \`rolechain explain -f FILE\`.
- All pods of a namespace: \`rolechain status NAMESPACE\`. The installation: \`rolechain doctor\`. [cli.md](cli.md) says how to install these.
- A pod that starts late or not at all: \`kubectl describe pod NAME\`. The event is kept for an hour; the log of the sidecar says the same
  while it lasts: \`kubectl logs NAME --container rolechain\`. It is also where to look when all that you have is an SDK's error:
  [what an SDK prints](#what-an-sdk-prints).
- A Deployment without pods: what refuses them is told to its ReplicaSet. \`kubectl get events --field-selector reason=FailedCreate\`

${summary()}

${groups.join('\n\n')}

${sdkTextsSection()}

## By code

| code | what happened |
|---|---|
${byCode()}
`;
}

function summary(): string {
  return (Object.keys(GROUPS) as Group[])
    .flatMap((group) => {
      const ways = WAYS.filter((way) => way.group === group);
      return ways.length === 0 ? [] : [`- **${GROUPS[group]}**`, ...ways.map((way) => `  - ${linkTo(way)}`)];
    })
    .join('\n');
}

function section(way: Way): string {
  const { title, codes, symptoms, command, note, reads } = way;
  const { cause, fix } = { ...toldOf(way), ...reads };
  const texts = Object.entries(symptoms).map(
    ([viewer, text]) => `${code(viewer)} prints:\n\n\`\`\`text\n${symptomText(way, text)}\n\`\`\``,
  );
  return [
    `### ${title}`,
    ...texts,
    `**Cause**${codes.length === 0 ? '' : ` (${codes.map(code).join(', ')})`}: ${plain(sentence(cause))} **Fix**: ${plain(sentence(fix))}`,
    ...(note === undefined ? [] : [note]),
    `\`\`\`sh\n${command}\n\`\`\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** What is quoted of a message may be a clause. */
function sentence(text: string): string {
  const first = text.split(' ', 1)[0] ?? '';
  const isName = /[/A-Z]/.test(first.slice(1));
  return `${isName ? text : text.charAt(0).toUpperCase() + text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`;
}

/** A heading's anchor, as GitHub makes it. */
export const slugOf = (title: string): string => new GithubSlugger().slug(title);

const linkTo = ({ title }: Way): string => `[${title}](#${slugOf(title)})`;

function byCode(): string {
  const codes = [...new Set(WAYS.flatMap((way) => way.codes))].toSorted();
  return codes
    .map((one) =>
      row(
        code(one),
        WAYS.filter((way) => way.codes.includes(one))
          .map(linkTo)
          .join('; '),
      ),
    )
    .join('\n');
}
