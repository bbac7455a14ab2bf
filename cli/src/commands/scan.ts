/** `rolechain scan`: the webhook's decision on every pod that is there. */
import { CodedError, formatProblems, parseAssumeRole } from '@rolechain/shared';
import { parseSettings, type Settings } from '@rolechain/webhook';
import { connect } from '../cluster/client.ts';
import { readSource } from '../documents/read-sources.ts';
import { scan } from '../scan/scan.ts';
import { isFinding, scanText } from '../scan/text.ts';
import type { Call, Run } from '../terminal/command.ts';

export const run: Run = async (call) => {
  const { args, options } = call;
  const namespace = typeof args[0] === 'string' ? args[0] : text(options.namespace);
  const asIf = text(options.asIf);
  if (asIf !== undefined) checkRole(asIf);
  const settings = await readSettings(call);
  const report = await scan(await connect(call), { namespace, settings, asIf });
  return {
    report,
    text: (colours) => scanText(report, colours),
    isFinding: report.workloads.some(isFinding),
  };
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function checkRole(role: string): void {
  const parsed = parseAssumeRole(role);
  if (!parsed.ok) throw new CodedError('UsageInvalid', `--as-if: ${formatProblems(parsed.problems)}.`);
}

async function readSettings({ options, surroundings }: Call): Promise<Settings | undefined> {
  const path = text(options.settings);
  if (path === undefined) return undefined;
  const parsed = parseSettings((await readSource(path, surroundings)).text);
  if (parsed.ok) return parsed.value;
  throw new CodedError('FileInvalid', `${path}: ${formatProblems(parsed.problems)}.`);
}
