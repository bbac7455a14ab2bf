import type { CommandSpec } from '../terminal/command.ts';

export const SCAN: CommandSpec = {
  name: 'scan',
  summary: 'print what rolechain does, or would do, to the pods of this cluster',
  description:
    "Decides on every pod that is there by the webhook's own function, with the cluster's ServiceAccounts, Namespaces and LimitRanges: which would be injected, skipped or refused and why, where the EKS webhook or static keys are in the way, and which namespaces are not covered. It changes nothing, and rolechain need not be installed.",
  arguments: [{ name: '[namespace]', description: 'one namespace alone' }],
  options: [
    {
      flags: '--as-if <arn>',
      description: 'as if every ServiceAccount without an annotation asked for this role',
    },
    {
      flags: '--settings <path>',
      description: "the webhook's settings; else those that are installed, else the defaults",
      completes: 'file',
    },
  ],
  asksCluster: true,
  examples: [
    { command: 'rolechain scan', says: 'what becomes of the pods whose ServiceAccounts ask for a role' },
    {
      command: 'rolechain scan shop --as-if arn:aws:iam::111122223333:role/shop',
      says: 'which pods of namespace shop would be refused a role, before any is annotated',
    },
  ],
  load: () => import('./scan.ts'),
};
