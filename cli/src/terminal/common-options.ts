/** Options that more than one command has. */
import { OUTPUTS, type CommandSpec, type OptionSpec } from './command.ts';

/** Of every command that speaks to a cluster, as kubectl names them. */
export const CLUSTER_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--kubeconfig <path>',
    description: 'the kubeconfig; else KUBECONFIG, ~/.kube/config, or the pod itself',
    completes: 'file',
  },
  { flags: '--context <name>', description: "the kubeconfig's context; else its current one", completes: 'context' },
  {
    flags: '-n, --namespace <name>',
    description: "the namespace; else the context's, else default",
    completes: 'namespace',
  },
];

/** Of every command. */
export const OUTPUT_OPTION: OptionSpec = {
  flags: '-o, --output <form>',
  description: 'the form of the output',
  choices: OUTPUTS,
  default: 'text',
};

/** All that a command takes. */
export function optionsOf({ options, asksCluster }: CommandSpec): readonly OptionSpec[] {
  return [...options, ...(asksCluster ? CLUSTER_OPTIONS : []), OUTPUT_OPTION];
}
