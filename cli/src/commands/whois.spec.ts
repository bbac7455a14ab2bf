import type { CommandSpec } from '../terminal/command.ts';

export const WHOIS: CommandSpec = {
  name: 'whois',
  summary: 'find the pod behind a session name, an assumed-role ARN or a CloudTrail record',
  description:
    "Finds the pod, ServiceAccount and annotation behind a session of a role. It makes the name of each pod in the cluster by the pod's own configuration, so that a name that was cut and hashed is found, too. Of a pod that is gone it finds the ServiceAccounts that make such names.",
  arguments: [{ name: '[name]', description: 'an assumed-role ARN, or a session name' }],
  options: [
    {
      flags: '-f, --file <path>',
      description: 'CloudTrail records as JSON, or - for standard input: one, Records, Events, or one a line',
      completes: 'file',
    },
    { flags: '--offline', description: 'ask no cluster: what the name and the record say alone' },
  ],
  asksCluster: true,
  examples: [
    {
      command: 'rolechain whois arn:aws:sts::222222222222:assumed-role/orders/shop.orders-5f6d8c9b7d-x2x7k',
      says: 'which pod that was',
    },
    {
      command:
        'aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=DeleteObject | rolechain whois -f -',
      says: 'who made these calls',
    },
  ],
  load: () => import('./whois.ts'),
};
