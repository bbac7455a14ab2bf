import type { CommandSpec } from '../terminal/command.ts';

export const CREDENTIAL_PROCESS: CommandSpec = {
  name: 'credential-process',
  summary: "print a role's credentials for a profile of the AWS SDKs",
  description:
    "Prints credentials for `credential_process` of a profile: from the sidecar of its own pod, or by walking a chain itself with the sidecar's code. Standard output holds that JSON or nothing. It keeps nothing: SDKs run it again before the credentials expire.",
  arguments: [],
  options: [
    { flags: '-r, --role <name>', description: "the role; else the container's own, or default" },
    {
      flags: '--chain <path>',
      description:
        'walk this chain: a document as the annotation rolechain.io/assume-role has it, or - for standard input',
      completes: 'file',
    },
    {
      flags: '-f, --file <path>',
      description: 'walk the chain of the ServiceAccount in this manifest, or - for standard input',
      completes: 'file',
    },
    { flags: '--service-account <name>', description: 'which ServiceAccount of the manifest, where it has several' },
    { flags: '--profile <name>', description: "the base identity's profile; else what the SDK finds" },
    { flags: '--region <name>', description: 'Region of STS where the chain names none; else AWS_REGION' },
    { flags: '--cluster <name>', description: 'what {cluster} in the chain stands for' },
    { flags: '--pod <name>', description: 'what {pod} in session names stands for; else cli and the user' },
    {
      flags: '--external-ids <path>',
      description: 'folder of the values behind externalIDFrom: SECRET/KEY',
      completes: 'folder',
    },
  ],
  asksCluster: false,
  examples: [
    {
      command: 'aws configure set credential_process "rolechain credential-process --role audit" --profile audit',
      says: 'in a container that holds the role audit: a profile beside its own role',
    },
    {
      command: 'rolechain credential-process -f account.yaml --profile admin',
      says: 'on a laptop: the chain of a ServiceAccount, from the profile admin',
    },
  ],
  load: () => import('./credential-process.ts'),
};
