/** Hard by what containers set themselves, and by whose they are. */
import { findContainer, type PodObject } from '@rolechain/kit/pod.ts';
import { ENV, type ReasonCode } from '@rolechain/shared';
import { appWith, container, podOf, variableOf, type HardPod } from './row.ts';

const injected = { outcome: 'injected', reason: 'Injected' } as const;
const literal = (name: string): object => ({ name, value: 'x' });
const fromSecret = (name: string): object => ({ name, valueFrom: { secretKeyRef: { name: 's', key: 'k' } } });
const empty = (name: string): object => ({ name, value: '' });
const optional = (name: string): object => ({
  name,
  valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } },
});
const OVER_WHICH_SDKS_FAIL = [ENV.roleARN, ENV.webIdentityTokenFile, ENV.relativeURI, ENV.token];
const uri = (pod: PodObject, name: string): string =>
  variableOf(pod, name, ENV.fullURI) === undefined ? 'none' : 'a role';

/** The same conflict by both settings: refused, and with `warn` left alone beside a container that holds the role. */
function conflict(name: string, variable: object, reason: ReasonCode): readonly HardPod[] {
  const pod = podOf({ containers: [container('app', { env: [variable] }), container('other')] });
  return [
    {
      name,
      pod,
      outcome: 'refused',
      reason,
      says: /container app: (AWS|AMAZON)_/,
      so: 'SDKs would pass the sidecar by.',
    },
    {
      name,
      pod,
      variant: 'warn',
      ...injected,
      leftAlone: { app: reason },
      says: new RegExp(`skips container app, which holds no role.*${reason}`),
      so: 'That container is left alone, the others hold the role.',
      shows: [(after) => [variableOf(after, 'app', ENV.tokenFile), uri(after, 'other')], [undefined, 'a role']],
    },
  ];
}

export const ENVIRONMENT: readonly HardPod[] = [
  ...conflict('a static key', literal(ENV.accessKeyID), 'StaticKeys'),
  ...conflict('a static key from a Secret', fromSecret(ENV.secretAccessKey), 'StaticKeys'),
  ...conflict('a static key by its older name', literal('AWS_ACCESS_KEY'), 'StaticKeys'),
  ...conflict('a static key by the name of the first SDKs', literal('AMAZON_ACCESS_KEY_ID'), 'StaticKeys'),
  ...conflict('a web identity of its own', literal(ENV.webIdentityTokenFile), 'OwnWebIdentity'),
  ...conflict('a role ARN of its own', literal(ENV.roleARN), 'OwnWebIdentity'),
  ...conflict('a RELATIVE_URI', literal(ENV.relativeURI), 'OwnContainerCredentials'),
  ...conflict('a FULL_URI of its own', literal(ENV.fullURI), 'OwnContainerCredentials'),
  ...conflict('a FULL_URI of its own from a Secret', fromSecret(ENV.fullURI), 'OwnContainerCredentials'),
  ...conflict('an AUTHORIZATION_TOKEN of its own', fromSecret(ENV.token), 'OwnContainerCredentials').map((row) => ({
    ...row,
    // Its own token file would be ours.
    ...(row.shows ? { shows: [(after: PodObject) => uri(after, 'app'), 'none'] as const } : {}),
  })),
  {
    name: 'a conflict in every container',
    pod: appWith({ env: [literal(ENV.accessKeyID)] }),
    variant: 'warn',
    ...{ outcome: 'skipped', reason: 'NoContainerSelected', says: /AWS_ACCESS_KEY_ID/ },
    so: 'No container is left: the pod gets no sidecar.',
  },
  {
    name: 'a conflict in a container that the pod skips',
    pod: podOf(
      { containers: [container('app'), container('legacy', { env: [literal(ENV.accessKeyID)] })] },
      { 'rolechain.io/skip-containers': 'legacy' },
    ),
    ...injected,
    leftAlone: { legacy: 'SkipListed' },
    so: 'It is left alone, as asked for.',
    shows: [(pod) => [uri(pod, 'app'), uri(pod, 'legacy')], ['a role', 'none']],
  },
  {
    name: 'containers of a service mesh',
    pod: podOf({
      initContainers: [container('istio-init')],
      containers: [container('app'), container('istio-proxy', { env: [literal(ENV.accessKeyID)] })],
    }),
    ...injected,
    leftAlone: { 'istio-init': 'MeshContainer', 'istio-proxy': 'MeshContainer' },
    so: 'They hold no role, whatever they set.',
    shows: [(pod) => [uri(pod, 'istio-init'), uri(pod, 'app'), uri(pod, 'istio-proxy')], ['none', 'a role', 'none']],
  },
  {
    name: 'envFrom',
    pod: appWith({ envFrom: [{ configMapRef: { name: 'c' } }] }),
    ...injected,
    says: /container app has envFrom: SDKs prefer AWS keys in it/,
    so: 'No Region and no AWS_STS_REGIONAL_ENDPOINTS is set: the ConfigMap may have them. AWS_EC2_METADATA_DISABLED is. A warning: keys in it are not seen, and would win.',
    shows: [
      (pod) => [
        uri(pod, 'app'),
        ...[ENV.region, ENV.stsRegionalEndpoints, ENV.metadataDisabled].map((name) => variableOf(pod, 'app', name)),
      ],
      ['a role', undefined, undefined, 'true'],
    ],
  },
  {
    name: 'an empty pair of keys beside envFrom',
    pod: appWith({
      env: [empty(ENV.accessKeyID), empty(ENV.secretAccessKey)],
      envFrom: [{ secretRef: { name: 's' } }],
    }),
    ...injected,
    says: /container app sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY to nothing/,
    so: 'A warning. It stays: most SDKs take it for no keys, and it hides those of the Secret.',
    // The API leaves an empty value out.
    shows: [
      (pod) => [
        uri(pod, 'app'),
        findContainer(pod, 'app')
          ?.env?.slice(0, 2)
          .map(({ name, value = '' }) => name + value),
      ],
      ['a role', [ENV.accessKeyID, ENV.secretAccessKey]],
    ],
  },
  {
    name: 'keys by optional references',
    pod: appWith({ env: [optional(ENV.accessKeyID), optional(ENV.secretAccessKey)] }),
    ...injected,
    says: /container app takes AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY from an optional reference/,
    so: 'A warning: where the Secret is there, SDKs prefer its keys.',
    shows: [(pod) => uri(pod, 'app'), 'a role'],
  },
  {
    name: 'an empty web identity, RELATIVE_URI and AUTHORIZATION_TOKEN',
    pod: appWith({ env: OVER_WHICH_SDKS_FAIL.map(empty) }),
    ...injected,
    says: /AWS_ROLE_ARN.* to nothing, over which some SDKs fail: taken out/,
    so: 'Taken out, with a warning: some SDKs fail over them.',
    shows: [
      (pod) => [uri(pod, 'app'), ...OVER_WHICH_SDKS_FAIL.map((name) => variableOf(pod, 'app', name))],
      ['a role', ...OVER_WHICH_SDKS_FAIL.map(() => undefined)],
    ],
  },
  {
    name: 'an empty AWS_ROLE_ARN beside envFrom',
    pod: appWith({ env: [empty(ENV.roleARN)], envFrom: [{ configMapRef: { name: 'c' } }] }),
    ...{ outcome: 'refused', reason: 'OwnWebIdentity', says: /container app: AWS_ROLE_ARN \(empty, beside envFrom\)/ },
    so: 'Without it, that of the ConfigMap would be seen.',
  },
  {
    name: 'an empty AWS_ROLE_ARN that another field names',
    pod: appWith({ env: [empty(ENV.roleARN)], args: ['--role=$(AWS_ROLE_ARN)'] }),
    ...{ outcome: 'refused', reason: 'OwnWebIdentity', says: /AWS_ROLE_ARN \(empty, named by \$\(AWS_ROLE_ARN\)\)/ },
    so: 'Without it, the argument would be another.',
  },
  {
    name: 'an empty AWS_REGION',
    pod: appWith({ env: [empty(ENV.region)] }),
    ...injected,
    so: 'It counts as absent: the Region is set.',
    shows: [
      (pod) => [ENV.region, ENV.defaultRegion].map((name) => variableOf(pod, 'app', name)),
      ['eu-central-1', 'eu-central-1'],
    ],
  },
  ...[ENV.profile, 'AWS_DEFAULT_PROFILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'].map((name): HardPod => ({
    name,
    pod: appWith({ env: [literal(name)] }),
    ...injected,
    says: new RegExp(`container app sets ${name}: `),
    so: 'A warning: an SDK that finds credentials there bypasses the sidecar.',
    shows: [(pod) => uri(pod, 'app'), 'a role'],
  })),
  {
    name: 'an HTTP proxy, and no NO_PROXY that has 127.0.0.1',
    pod: appWith({
      env: [
        { name: ENV.httpProxy, value: 'http://proxy:3128' },
        { name: ENV.noProxy, value: '.svc' },
      ],
    }),
    ...injected,
    says: /container app sets HTTP_PROXY: .* since no NO_PROXY names 127\.0\.0\.1/,
    so: 'A warning: some SDKs send the token through the proxy ([which](sdks.md#proxies)).',
    shows: [(pod) => [uri(pod, 'app'), variableOf(pod, 'app', ENV.noProxy)], ['a role', '.svc']],
  },
  {
    name: 'an HTTP proxy, and a NO_PROXY without 127.0.0.1',
    variant: 'noProxy',
    pod: appWith({ env: [{ name: ENV.httpProxy, value: 'http://proxy:3128' }] }),
    ...injected,
    so: 'It is added.',
    shows: [(pod) => [ENV.noProxy, 'no_proxy'].map((name) => variableOf(pod, 'app', name)), ['127.0.0.1', '127.0.0.1']],
  },
];
