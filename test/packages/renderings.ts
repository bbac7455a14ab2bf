/** All forms in which rolechain is installed, as their tools render them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import { helmTemplate } from '../helm/helm.ts';
import { ROOT } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';

const MANIFESTS = join(ROOT, 'manifests');

export const OVERLAYS: readonly string[] = readdirSync(join(MANIFESTS, 'overlays'));

const digest = `sha256:${'0'.repeat(64)}`;
/** Values of the chart that change what it renders. */
export const VALUES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'its defaults': {},
  'all that is off turned on': {
    namespace: { create: true },
    tests: { enabled: true },
    settings: {
      fluxAlias: true,
      sidecarUser: 'unset',
      mode: 'audit',
      namespaceDefaultRole: true,
      credentialSources: ['irsa'],
    },
    imagePullSecrets: [{ name: 'registry' }],
    nodeSelector: { pool: 'system' },
    tolerations: [{ operator: 'Exists' }],
    affinity: { podAntiAffinity: {} },
    autoscaling: { horizontal: { enabled: true }, vertical: { enabled: true } },
    certManager: { enabled: true },
  },
  'all that is on turned off': {
    guard: { enabled: false },
    networkPolicy: { enabled: false },
    readLimitRanges: false,
    replicas: 1,
    priorityClassName: '',
  },
  'images by digest': { image: { registry: 'registry.internal', webhook: { digest }, sidecar: { digest } } },
};

export interface Tools {
  readonly kubectl: string | undefined;
  readonly helm: string;
}

type Render = (tools: Tools) => KubeObject[];

export const RENDERINGS: Readonly<Record<string, Render>> = {
  'install.yaml': () => parseManifests(readFileSync(join(MANIFESTS, 'install.yaml'), 'utf8')),
  base: ({ kubectl }) => kustomize(kubectl, join(MANIFESTS, 'base')),
  'the sample of a kustomization': ({ kubectl }) => kustomize(kubectl, join(MANIFESTS, 'samples/kustomize')),
  ...Object.fromEntries(
    OVERLAYS.map((name): [string, Render] => [
      `the overlay ${name}`,
      ({ kubectl }) => kustomize(kubectl, join(MANIFESTS, 'overlays', name)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(VALUES).map(([name, values]): [string, Render] => [
      `the chart with ${name}`,
      ({ helm }) => helmTemplate(helm, { values }),
    ]),
  ),
};
