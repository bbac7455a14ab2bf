/** Pods under a Namespace's default role, whose accounts did not ask for it. */
import { findContainer } from '@rolechain/kit/pod.ts';
import { ENV, SIDECAR } from '@rolechain/shared';
import { appWith, container, podOf, variableOf, type HardPod } from './row.ts';

const given = { variant: 'defaultRole', account: 'plain', namespace: 'given' } as const;
const untouched = { outcome: 'skipped', reason: 'NotAnnotated' } as const;

export const DEFAULTS: readonly HardPod[] = [
  {
    name: 'an account that says nothing',
    pod: podOf(),
    ...given,
    ...{ outcome: 'injected', reason: 'Injected' },
    so: "It gets the Namespace's role.",
    shows: [(pod) => variableOf(pod, SIDECAR.name, ENV.config)?.includes('222222222222:role/given'), true],
  },
  {
    name: 'an account with a role of its own',
    pod: podOf(),
    ...given,
    account: 'orders',
    ...{ outcome: 'injected', reason: 'Injected' },
    so: "It gets its own, not the Namespace's.",
    shows: [(pod) => variableOf(pod, SIDECAR.name, ENV.config)?.includes('222222222222:role/orders'), true],
  },
  {
    name: 'an account that says `none`',
    pod: podOf({ hostNetwork: true }),
    ...given,
    account: 'refusing',
    ...untouched,
    so: 'No byte of it changes.',
  },
  {
    name: 'an account with a base role, which the list does not name',
    pod: podOf(),
    ...given,
    account: 'based',
    ...untouched,
    so: 'It keeps its identity: no byte of it changes.',
  },
  {
    name: 'the same, named without a star',
    pod: podOf(),
    ...given,
    account: 'based',
    namespace: 'listed',
    ...{ outcome: 'injected', reason: 'Injected' },
    so: 'It gets the role, by way of its base role.',
    shows: [(pod) => variableOf(pod, SIDECAR.name, ENV.config)?.includes('111111111111:role/base'), true],
  },
  {
    name: 'an account that a list leaves out, some words of which are not globs',
    pod: podOf({ hostNetwork: true }),
    ...given,
    namespace: 'listed',
    ...untouched,
    so: 'No byte of it changes, and it is not refused.',
  },
  {
    name: 'host network',
    pod: podOf({ hostNetwork: true }),
    ...given,
    ...{ outcome: 'skipped', reason: 'HostNetwork' },
    says: /\[HostNetwork\]/,
    so: 'No sidecar; a warning and `rolechain.io/skipped` say why. An account that asks itself is refused.',
  },
  {
    name: 'a container with keys of its own, beside another',
    pod: podOf({
      containers: [container('app'), container('own', { env: [{ name: ENV.accessKeyID, value: 'x' }] })],
    }),
    ...given,
    ...{ outcome: 'injected', reason: 'Injected' },
    leftAlone: { own: 'StaticKeys' },
    says: /\[StaticKeys\]/,
    so: 'That container is left alone, with a warning.',
    shows: [(pod) => findContainer(pod, 'own')?.env?.map(({ name }) => name), [ENV.accessKeyID]],
  },
  {
    name: 'no other container than that',
    pod: appWith({ env: [{ name: ENV.accessKeyID, value: 'x' }] }),
    ...given,
    ...{ outcome: 'skipped', reason: 'NoContainerSelected' },
    so: 'No sidecar; `rolechain.io/skipped` says why.',
  },
  {
    name: '`rolechain.io/inject: "false"`',
    pod: podOf({}, { 'rolechain.io/inject': 'false' }),
    ...given,
    namespace: 'mistaken',
    ...{ outcome: 'skipped', reason: 'OptedOut' },
    so: 'It is not changed, even where the default is invalid.',
  },
  {
    name: 'an account that the admin does not let ask',
    pod: podOf({ hostNetwork: true }),
    ...given,
    account: 'barred',
    ...{ outcome: 'skipped', reason: 'DefaultNotAllowed' },
    says: /rolechain skips this pod \[DefaultNotAllowed\]/,
    so: 'No sidecar; a warning and `rolechain.io/skipped` say why. Nothing else of the pod is looked at.',
  },
  {
    name: 'a default that is invalid',
    pod: podOf(),
    ...given,
    namespace: 'mistaken',
    ...{ outcome: 'refused', reason: 'DefaultRoleInvalid' },
    says: /Namespace mistaken asks for an AWS role for its ServiceAccount mistaken\/plain, but: .*duration/,
    so: 'It is refused: the Namespace asked for a role that it cannot have.',
  },
  {
    name: 'the same, where the account says `none`',
    pod: podOf(),
    ...given,
    account: 'refusing',
    namespace: 'mistaken',
    ...untouched,
    so: 'No byte of it changes, and it is not refused.',
  },
];
