import { DIFF_OPTION, FILE_OPTION, NAMESPACE_OPTION, SETTINGS_OPTIONS } from '../documents/options.ts';
import type { CommandSpec } from '../terminal/command.ts';

export const INJECT: CommandSpec = {
  name: 'inject',
  summary: 'do offline to manifests what the webhook does to pods',
  description:
    "Prints the manifests with what the webhook would do to their pods, by its own functions: every kind that has a pod's template, Lists and several documents. All else is printed as it came, Secrets included. What becomes of each pod goes to standard error. The settings must be known, since the sidecar's image stands there. It asks no cluster.",
  arguments: [],
  options: [FILE_OPTION, ...SETTINGS_OPTIONS, NAMESPACE_OPTION, DIFF_OPTION],
  asksCluster: false,
  examples: [
    {
      command: 'rolechain inject -f deploy/ --settings settings.yaml | kubectl apply -f -',
      says: 'applies what the webhook would make',
    },
    {
      command: 'rolechain inject -f deployment.yaml --service-account account.yaml --settings settings.yaml --diff',
      says: 'shows what would change',
    },
  ],
  load: () => import('./inject.ts'),
};
