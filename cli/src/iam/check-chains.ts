/** The chains of a ServiceAccount against the policies of a folder, hop by hop. */
import { CodedError } from '@rolechain/shared';
import type { Path } from './chain.ts';
import { isUnknown, placeholder, type Unknown, type Value } from './document.ts';
import { causesOf, type Cause } from './explain-denied.ts';
import type { Held, ReadHeld } from './policy-folder.ts';
import { questionsOf } from './questions.ts';
import type { Chains } from './read-chains.ts';
import type { Simulator } from './simulator.ts';
import { valueIn } from './values-of-policies.ts';

export interface CheckedCall {
  readonly roleARN: string;
  readonly caller: string;
  readonly actions: readonly {
    readonly action: string;
    readonly isAllowed: boolean;
    readonly causes: readonly Cause[];
  }[];
}

export interface CheckedPath {
  readonly role: string;
  readonly base: Path['base'];
  readonly calls: readonly CheckedCall[];
}

export interface Checked {
  readonly paths: readonly CheckedPath[];
  readonly notes: readonly string[];
}

interface Tools {
  readonly simulator: Simulator;
  readonly readHeld: ReadHeld;
  readonly pod: string;
}

/** Throws UsageInvalid where the base identity is not known. */
export async function checkChains({ config, paths }: Chains, { simulator, readHeld, pod }: Tools): Promise<Checked> {
  if (!config) return { paths: [], notes: [] };
  const notes = new Set<string>();
  const arns = paths.flatMap(({ calls }) =>
    calls.flatMap(({ roleARN, caller }) => [roleARN, ...(caller.type === 'principal' ? [caller.arn] : [])]),
  );
  const held = new Map<string, Held>();
  for (const arn of new Set(arns.map(knownARN))) held.set(arn, await readHeld(arn));
  // Taken as the policy has it: what else the policy asks is still checked.
  const read = (unknown: Unknown, roleARN: Value): string => {
    const places = [held.get(knownARN(roleARN)), ...held.values()].flatMap((one) => one?.trust ?? []);
    const found = places.map(({ document }) => valueIn(document, unknown)).find((value) => value !== undefined);
    if (found !== undefined) notes.add(`${unknown.text}: taken to be what the policies name; it is not compared.`);
    return found ?? placeholder(unknown);
  };
  const checked = paths.map((path): CheckedPath => {
    const calls = questionsOf(path, { config, pod, read });
    return {
      role: path.role,
      base: path.base,
      calls: calls.map((asked, at) => {
        const call = path.calls[at];
        const actions = asked.map((one) => {
          const roleARN = one.call.roleARN;
          const target = held.get(knownARN(roleARN)) ?? NOTHING;
          const caller = one.caller === undefined ? undefined : held.get(one.caller);
          const causes = causesOf(one, { target, caller, read: (unknown) => read(unknown, roleARN) }, simulator);
          return { action: one.action, isAllowed: causes.length === 0, causes };
        });
        if ((call?.callerPolicyARNs.length ?? 0) > 0) notes.add(MANAGED);
        return {
          roleARN: asked[0]?.question.roleARN ?? '',
          caller: asked[0]?.caller ?? asked[0]?.question.principal ?? '',
          actions,
        };
      }),
    };
  });
  return { paths: checked, notes: [...notes] };
}

/** Every role of the paths is read before. */
const NOTHING: Held = { trustFile: '', trust: undefined, permissionsFolder: '', permissions: [] };

const MANAGED = 'A hop has policyARNs: what these managed policies allow is not checked.';

function knownARN(value: Value): string {
  if (!isUnknown(value)) return value;
  throw new CodedError('UsageInvalid', 'The base identity is not known.', { fix: 'Give --base-arn.' });
}
