/** The settings under which hard pods are tried. */
import { MESH_CONTAINERS } from '@rolechain/shared';
import { SETTINGS } from '@rolechain/webhook/testing';
import { ACCOUNTS } from './accounts.ts';

export type Variant = 'refuse' | 'warn' | 'unset' | 'noProxy' | 'ports' | 'locked' | 'defaultRole';

/** What differs from the defaults. */
export const VARIANTS: Readonly<Record<Variant, Readonly<Record<string, unknown>>>> = {
  refuse: {},
  warn: { conflicts: 'warn' },
  unset: { sidecarUser: 'unset' },
  noProxy: { loopbackNoProxy: true },
  ports: { declareMetricsPort: true },
  locked: {
    allowedServiceAccounts: [{ namespace: 'shop', name: '*' }],
    credentialSources: ['pod-identity'],
    maxSessionDuration: 1800,
    forcedTags: { team: '{namespace}' },
  },
  defaultRole: {
    namespaceDefaultRole: true,
    allowedServiceAccounts: Object.keys(ACCOUNTS)
      .filter((name) => name !== 'barred')
      .map((name) => ({ namespace: '*', name })),
  },
};

/** As docs/pods.md names them. */
export const VARIANT_NAMES: Readonly<Record<Variant, string>> = {
  refuse: '',
  warn: '`conflicts: warn`',
  unset: '`sidecarUser: unset`',
  noProxy: '`loopbackNoProxy: true`',
  ports: '`declareMetricsPort: true`',
  locked: '[locked down](operations.md#lock-down)',
  defaultRole: '`namespaceDefaultRole: true`',
};

/** The settings of a variant, for a decision without a process. */
export function settingsOf(variant: Variant): typeof SETTINGS {
  return { ...SETTINGS, meshContainers: MESH_CONTAINERS, ...VARIANTS[variant] };
}
