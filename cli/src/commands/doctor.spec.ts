import type { CommandSpec } from '../terminal/command.ts';

export const DOCTOR: CommandSpec = {
  name: 'doctor',
  summary: 'check the installation, one identity, or the hops of a pod',
  description:
    'Checks the installation: webhook, certificate, settings, guard, rights, order. With a ServiceAccount also its way to its roles; with --live what each hop of a pod says. Each check says what was found, what to do, and where to read. It changes nothing: whether the webhook is called it finds by a dry run. Of Secrets it reads the public part of the certificate, and names of keys.',
  arguments: [
    { name: '[kind]', description: 'what else to check', choices: ['serviceaccount', 'sa'] },
    { name: '[name]', description: 'its name, in the namespace of -n' },
  ],
  options: [
    { flags: '--live <pod>', description: 'the hops of this pod, in place of the checks of the installation' },
    {
      flags: '--bundle <file>',
      description: 'write checks and objects for a support ticket into this file: no secret, no log',
      completes: 'file',
    },
  ],
  asksCluster: true,
  examples: [
    { command: 'rolechain doctor', says: 'the installation' },
    { command: 'rolechain doctor serviceaccount orders -n shop', says: 'and the way of shop/orders to its roles' },
    {
      command: 'rolechain doctor --live orders-7d9f -n shop',
      says: 'the first hop that fails, and the missing statement',
    },
    { command: 'rolechain doctor --bundle ticket.json', says: 'all of it for a support ticket' },
  ],
  load: () => import('./doctor.ts'),
};
