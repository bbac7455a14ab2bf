import type { CommandSpec } from '../terminal/command.ts';

export const STATUS: CommandSpec = {
  name: 'status',
  summary: 'print who has credentials until when, and who lost them or never got any',
  description:
    'Prints one line per pod that holds an AWS role or should: until when it has credentials, whether the last fetch failed, whether it was made before the annotation or slipped past the webhook. It asks the sidecars, and changes nothing.',
  arguments: [{ name: '[namespace]', description: 'the namespace; else -n' }],
  options: [
    { flags: '-A, --all-namespaces', description: 'all namespaces' },
    { flags: '-w, --watch', description: 'print again when something changes, until interrupted' },
    { flags: '--every <seconds>', description: 'with --watch: how often the cluster is asked', default: '5' },
  ],
  asksCluster: true,
  examples: [
    { command: 'rolechain status -A', says: 'every pod of the cluster that holds a role or should' },
    { command: 'rolechain status shop --watch', says: 'the pods of namespace shop, again on each change' },
  ],
  load: () => import('./status.ts'),
};
