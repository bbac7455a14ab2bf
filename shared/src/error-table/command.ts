import { e, type ErrorEntry } from './entry.ts';

/** What `check` evaluates policies by, as the user installs it: the version that the tests have. */
export const SIMULATOR = { name: '@cloud-copilot/iam-simulate', version: '0.1.173' } as const;

/** What the command line can't do. */
export const COMMAND = {
  UsageInvalid: e(400, 'The command line is not understood.', 'See --help.'),
  OutputUnwritable: e(500, 'Standard output cannot be written.', 'Make room, or write to another place.'),
  FileUnreadable: e(400, 'The file cannot be read.', 'Name a file that is there, or - for standard input.'),
  FileInvalid: e(400, 'The file does not hold what the command reads.', 'Correct what the message names.'),
  KubeconfigInvalid: e(
    400,
    'There is no kubeconfig, or it is not valid.',
    'Set KUBECONFIG, or give --kubeconfig; the command runs in a pod, too.',
  ),
  ClusterUnreachable: e(
    503,
    "The cluster's apiserver gives no answer.",
    'Check the server and the certificate in the kubeconfig: `kubectl version` asks the same.',
  ),
  ClusterUnauthorized: e(401, "The apiserver does not know the kubeconfig's user.", 'Log in again.'),
  ClusterForbidden: e(403, 'The apiserver forbids it.', 'Ask for the right that the message names.'),
  ClusterTooLarge: e(413, 'The cluster has more than the command reads.', 'Name one namespace (-n).'),
  SidecarUnreachable: e(
    503,
    'No sidecar answers in this pod.',
    'Run it in a container that holds a role, once the sidecar has started; elsewhere name a chain (--chain, -f).',
  ),
  SidecarInvalidResponse: e(
    503,
    'What answers in the place of the sidecar is not rolechain.',
    'Check what listens on the port of AWS_CONTAINER_CREDENTIALS_FULL_URI.',
  ),
  BaseIdentityMissing: e(
    401,
    'The environment has no AWS credentials from which the chain could start.',
    'Log in (`aws sso login`), set keys, or name a profile (--profile): `aws sts get-caller-identity` has to work.',
  ),
  ObjectNotFound: e(404, 'There is no such object.', 'Check its name and its namespace (-n).'),
  SimulatorMissing: e(
    400,
    `The policy simulator ${SIMULATOR.name} is not installed, or is another version.`,
    `Run \`npm install ${SIMULATOR.name}@${SIMULATOR.version}\` in the folder in which you call the command. It is not part of rolechain: its licence is the AGPL-3.0.`,
  ),
} as const satisfies Record<string, ErrorEntry>;
