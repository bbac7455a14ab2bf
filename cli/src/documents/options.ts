/** Options of commands that read files. A command's specification loads no more than this. */
import type { OptionSpec } from '../terminal/command.ts';

/** Of every such command. */
export const FILE_OPTION: OptionSpec = {
  flags: '-f, --file <path>',
  description: 'a file of manifests, a folder of them, or - for standard input',
  isList: true,
  completes: 'file',
};
export const SETTINGS_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--service-account <path>',
    description: 'a file with ServiceAccounts that the input lacks',
    isList: true,
    completes: 'file',
  },
  {
    flags: '--settings <path>',
    description:
      "the webhook's settings, or the manifest of their ConfigMap; else the one in the input, else the defaults",
    completes: 'file',
  },
  {
    flags: '--region <name>',
    description: "the default Region where the settings name none; else AWS_REGION's",
  },
];
export const NAMESPACE_OPTION: OptionSpec = {
  flags: '-n, --namespace <name>',
  description: 'the namespace of objects that name none; else default',
  completes: 'namespace',
};
export const DIFF_OPTION: OptionSpec = {
  flags: '--diff',
  description: 'print what changes instead, as a unified diff',
};
