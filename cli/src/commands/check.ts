import { CodedError } from '@rolechain/shared';
import { checkChains, type Checked } from '../iam/check-chains.ts';
import type { Cause } from '../iam/explain-denied.ts';
import { openPolicyFolder } from '../iam/policy-folder.ts';
import { readChains, type Chains } from '../iam/read-chains.ts';
import { loadSimulator } from '../iam/simulator.ts';
import type { CheckReport } from '../report-schemas/check.ts';
import type { Colors } from '../terminal/colours.ts';
import type { Run } from '../terminal/command.ts';

export const run: Run = async (call) => {
  const [, name] = call.args;
  const { options, surroundings } = call;
  if (typeof options.policies !== 'string') {
    throw new CodedError('UsageInvalid', 'There are no policies to check against.', { fix: 'Give --policies FOLDER.' });
  }
  const simulator = await loadSimulator([surroundings.cwd]);
  const readHeld = await openPolicyFolder(options.policies, surroundings, simulator);
  const chains = await readChains(call, typeof name === 'string' ? name : undefined);
  const checked = await checkChains(chains, { simulator, readHeld, pod: String(options.pod) });
  const report = reportOf(chains, checked);
  return { report, isFinding: !report.isAllowed, text: (colours) => textOf(report, colours) };
};

function reportOf({ account, refused, notes }: Chains, checked: Checked): CheckReport {
  const all = checked.paths.flatMap(({ calls }) => calls.flatMap(({ actions }) => actions));
  return structuredClone({
    serviceAccount: account,
    ...(refused === undefined ? {} : { refused }),
    isAllowed: refused === undefined && all.every(({ isAllowed }) => isAllowed),
    paths: checked.paths,
    notes: [...notes, ...checked.notes],
  }) as unknown as CheckReport;
}

function textOf({ serviceAccount, refused, paths, notes }: CheckReport, colours: Colors): string {
  const title = `ServiceAccount ${serviceAccount.namespace}/${serviceAccount.name}`;
  if (refused !== undefined) return refused;
  const lines = paths.flatMap(({ role, base, calls }) => [
    '',
    `role ${role}, base ${base}`,
    ...calls.flatMap(({ roleARN, caller, actions }) => {
      const isAllowed = actions.every((action) => action.isAllowed);
      const mark = isAllowed ? colours.green('allowed') : colours.red('refused');
      const shown = new Set<string>();
      return [
        `  ${mark} ${caller} -> ${roleARN}`,
        ...actions.flatMap(({ action, causes }) =>
          causes.flatMap((cause) => causeLines(action, cause as Cause, shown)),
        ),
      ];
    }),
  ]);
  const told = notes.length === 0 ? [] : ['', ...notes.map((note) => `note: ${note}`)];
  return [title, ...lines, ...told].join('\n');
}

const NAMES = {
  'trust-policy': 'trust policy',
  'permission-policy': 'permission policy',
  'session-policy': 'session policy (the field policy of the hop)',
} as const;

/** `shown`: the statements of this call that stand above. */
function causeLines(action: string, cause: Cause, shown: Set<string>): string[] {
  const { deny, almost, statement } = cause;
  const line = `    ${action}: ${whyOf(cause)}`;
  if (deny !== undefined || statement === undefined) return [line];
  const text = JSON.stringify(statement, null, 2);
  if (shown.has(text)) return [line, '    The statement above allows it, too.'];
  shown.add(text);
  const title = almost ? 'What would allow it:' : 'The missing statement:';
  return [line, `    ${title}`, ...text.split('\n').map((one) => `      ${one}`)];
}

function whyOf({ policy, roleARN, files, isAbsent, deny, almost }: Cause): string {
  const where = `the ${NAMES[policy]} of ${roleARN}${files.length === 0 ? '' : ` (${files.join(', ')})`}`;
  if (isAbsent) return `${where} is not there.`;
  if (deny !== undefined) {
    return `${where} forbids it: statement ${deny} has Effect Deny. Change that statement.`;
  }
  if (almost === undefined) return `no statement of ${where} allows it.`;
  const conditions = almost.conditions.map(({ operator, key }) => `${operator} ${key}`).join(', ');
  return `statement ${almost.statement} of ${where} would allow it, but its condition does not hold: ${conditions}.`;
}
