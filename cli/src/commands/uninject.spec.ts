import { DIFF_OPTION, FILE_OPTION } from '../documents/options.ts';
import type { CommandSpec } from '../terminal/command.ts';

export const UNINJECT: CommandSpec = {
  name: 'uninject',
  summary: 'take out of manifests what inject or the webhook put in',
  description:
    "Prints the manifests without what rolechain put into their pods, by the webhook's own function. It gives back what inject was given, up to what cannot be known from the result. It asks no cluster.",
  arguments: [],
  options: [
    FILE_OPTION,
    {
      flags: '--settings <path>',
      description: "the webhook's settings: the flags of an EKS webhook of your own are read",
      completes: 'file',
    },
    DIFF_OPTION,
  ],
  asksCluster: false,
  examples: [
    {
      command: 'kubectl get pod orders-7d4b9 -o yaml | rolechain uninject -f -',
      says: 'a running pod as its author wrote it',
    },
    { command: 'rolechain uninject -f injected.yaml --diff', says: 'shows what was put in' },
  ],
  load: () => import('./uninject.ts'),
};
