import type { CommandSpec } from '../terminal/command.ts';

export const MIGRATE: CommandSpec = {
  name: 'migrate',
  summary: 'print the annotations that replace those of other tools',
  description:
    'Reads what kube2iam, kiam, AWS profiles, epicac, EKS Pod Identity, KEDA and External Secrets have for pods that assume a role, from files or from the cluster, and prints the ServiceAccounts and Namespaces that say the same to rolechain, what else to do, and what does not carry over. It changes nothing and reads no Secret.',
  arguments: [],
  options: [
    {
      flags: '-f, --file <path>',
      description:
        'a manifest, a shared config file, what `aws eks describe-pod-identity-association` printed, or a folder of them; - for standard input. Without it the cluster is asked',
      isList: true,
      completes: 'file',
    },
    {
      flags: '--base-role-arn <prefix>',
      description: 'what a name of a role stands behind, as kube2iam has it: arn:aws:iam::ACCOUNT:role/',
    },
    { flags: '-A, --all-namespaces', description: 'of the cluster, all namespaces' },
  ],
  asksCluster: true,
  examples: [
    { command: 'rolechain migrate -f deploy/', says: 'what the manifests of a folder become' },
    {
      command:
        'aws eks describe-pod-identity-association --cluster-name prod --association-id a-1 | rolechain migrate -f -',
      says: 'what an association of EKS becomes',
    },
    { command: 'rolechain migrate -A -o json', says: 'the whole cluster, for a program' },
  ],
  load: () => import('./migrate.ts'),
};
