/** The manifests and Dockerfiles state no rule of their own: names and ports are those of shared's tables. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  ANNOTATIONS,
  ANNOTATION_PREFIX,
  ENV,
  FOREIGN_KEYS,
  GUARD_BINDINGS,
  IMAGE_PROGRAMS,
  PATHS,
  PORTS,
  REASONS,
  SIDECAR,
  SIDECAR_COMMAND,
  SIDECAR_START,
  VERSION,
  WEBHOOK_COMMAND,
  WEBHOOK_FLAGS,
} from '@rolechain/shared';
import { describeWithCluster } from '@rolechain/test/cluster/jest.ts';
import { locateBinaries } from '@rolechain/test/cluster/binaries.ts';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import { parseSettings } from '@rolechain/webhook';
import { installManifest } from '../scripts/generate/install-manifest.ts';

const ROOT = join(__dirname, '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const INSTALL = read('manifests/install.yaml');
const objects = parseManifests(INSTALL);

function the<T>(kind: string): KubeObject & T {
  const found = objects.filter((object) => object.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind}`);
  return found[0] as KubeObject & T;
}

interface Webhook {
  name: string;
  failurePolicy: string;
  reinvocationPolicy: string;
  timeoutSeconds: number;
  sideEffects: string;
  clientConfig: { caBundle?: string; service: { name: string; namespace: string; path: string } };
  namespaceSelector: { matchExpressions: { key: string; operator: string; values: string[] }[] };
}
const configuration = the<{ webhooks: Webhook[] }>('MutatingWebhookConfiguration');
const settings = parseSettings(the<{ data: Record<string, string> }>('ConfigMap').data['settings.yaml'] ?? '');
if (!settings.ok) throw new Error('the settings of the manifests are not valid');
const { value } = settings;

interface Deployment {
  spec: { replicas: number; template: { spec: { containers: Container[]; securityContext: Record<string, unknown> } } };
}
interface Container {
  image: string;
  env: { name: string }[];
  ports: { name: string; containerPort: number }[];
  readinessProbe: { httpGet: { path: string; port: string } };
  volumeMounts: { mountPath: string }[];
}
const deployment = the<Deployment>('Deployment').spec;
const container = deployment.template.spec.containers[0];

test('install.yaml is made from the base', () => {
  expect(INSTALL).toBe(installManifest(join(ROOT, 'manifests/base')));
});

test('the configuration sorts after pod-identity-webhook, fails open within 2 s, and is called again', () => {
  expect(configuration.metadata.name! > 'pod-identity-webhook').toBe(true);
  expect(configuration.metadata.name).toBe(value.webhookConfiguration);
  for (const webhook of configuration.webhooks) {
    expect(webhook).toMatchObject({
      failurePolicy: 'Ignore',
      reinvocationPolicy: 'IfNeeded',
      timeoutSeconds: 2,
      sideEffects: 'NoneOnDryRun',
    });
    expect(webhook.clientConfig.caBundle).toBeUndefined();
    expect(webhook.clientConfig.service).toMatchObject({ name: value.serviceName, path: PATHS.mutate });
  }
});

test('it is called for the creation of pods, and for nothing else', () => {
  const rules = (configuration.webhooks as (Webhook & { rules: unknown })[]).map((webhook) => webhook.rules);
  const pods = [
    { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'], scope: 'Namespaced' },
  ];
  expect(rules).toEqual([pods, pods]);
});

test('kube-system and our namespace only with the label, every other namespace without', () => {
  const own = ['kube-system', the('Namespace').metadata.name];
  const name = 'kubernetes.io/metadata.name';
  expect(configuration.webhooks.map(({ namespaceSelector }) => namespaceSelector.matchExpressions)).toEqual([
    [{ key: name, operator: 'NotIn', values: own }],
    [
      { key: name, operator: 'In', values: own },
      { key: `${ANNOTATION_PREFIX}enabled`, operator: 'In', values: ['true'] },
    ],
  ]);
});

interface Guard {
  matchConditions: { name: string; expression: string }[];
  validations: { expression: string; messageExpression: string }[];
}

test('the guard looks at the namespaces that the webhook is called for', () => {
  const bindings = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding');
  const selector = ({ spec }: KubeObject): unknown =>
    (spec as { matchResources: { namespaceSelector: unknown } }).matchResources.namespaceSelector;
  expect(bindings.map(selector)).toEqual(configuration.webhooks.map(({ namespaceSelector }) => namespaceSelector));
});

test("the guard's names are those of the tables, and its message is the reason's", () => {
  const { spec } = the<{ spec: Guard }>('ValidatingAdmissionPolicy');
  const expressions = [...spec.matchConditions, ...spec.validations].map(({ expression }) => expression);
  const literals = expressions.flatMap((text) => [...text.matchAll(/'([^']*)'/g)].map(([, literal]) => literal));
  const { assumeRole, inject, skipped } = ANNOTATIONS;
  const names = [assumeRole.key, FOREIGN_KEYS.mirrorPod, inject.key, skipped.key, SIDECAR.name];
  expect(new Set(literals)).toEqual(new Set([...names, 'default', 'none', 'false', 'Always', '']));
  const { text, fix } = REASONS.NotInjected;
  const message = spec.validations[0]?.messageExpression.replaceAll(/'\s*\+\s*'/g, '');
  expect(message).toContain(`asks for an AWS role, but: ${text} ${fix} [NotInjected]`);
});

test('the sample of the token right is a Role on one name and its RoleBinding', () => {
  const [role, binding, ...more] = parseManifests(read('manifests/samples/service-account-token.yaml'));
  expect(more).toEqual([]);
  expect(role).toMatchObject({ kind: 'Role', rules: [{ resources: ['serviceaccounts/token'], verbs: ['create'] }] });
  expect((role?.rules as { resourceNames: string[] }[])[0]?.resourceNames).toHaveLength(1);
  expect(binding).toMatchObject({ kind: 'RoleBinding', roleRef: { name: role?.metadata.name } });
  expect(binding?.metadata.namespace).toBe(role?.metadata.namespace);
});

test('names and ports are those of the tables', () => {
  expect(the('Service').metadata.name).toBe(value.serviceName);
  expect(container?.ports.map(({ containerPort }) => containerPort)).toEqual([PORTS.webhook, PORTS.webhookHealth]);
  expect([value.port, value.healthPort]).toEqual([PORTS.webhook, PORTS.webhookHealth]);
  expect(container?.readinessProbe.httpGet).toEqual({ path: PATHS.readyz, port: 'health' });
  expect(container?.env.map(({ name }) => name)).toEqual([ENV.namespace, ENV.nodeName]);
  expect(container?.volumeMounts[0]?.mountPath).toBe(join(PATHS.settings, '..'));
  expect(deployment.replicas).toBe(2);
  expect([container?.image, value.sidecarImage].every((image) => image?.endsWith(`:${VERSION}`))).toBe(true);
});

test('least RBAC: one Secret, two configurations and the bindings of the guard by name, and no verb on all', () => {
  const roles = objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');
  const rules = roles.flatMap((role) => (role as unknown as { rules: Record<string, string[]>[] }).rules);
  expect(rules).toEqual([
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
      resourceNames: [value.webhookConfiguration],
      verbs: ['get', 'list', 'watch', 'patch'],
    },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['validatingadmissionpolicybindings'],
      resourceNames: GUARD_BINDINGS,
      verbs: ['get'],
    },
    { apiGroups: [''], resources: ['limitranges'], verbs: ['list', 'watch'] },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: [value.certificateSecret],
      verbs: ['get', 'list', 'watch', 'update'],
    },
  ]);
});

/** As Dockerfiles write a command that no shell reads. */
const inJSONForm = (words: readonly string[]): string => `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;

describe('Dockerfiles', () => {
  const sidecar = read('Dockerfile.sidecar');
  const webhook = read('Dockerfile.webhook');

  test("the sidecar's user, paths and ports are those of the tables", () => {
    expect(sidecar).toContain(`USER ${SIDECAR.user}:${SIDECAR.user}\n`);
    expect(sidecar).toContain(`ENTRYPOINT ${inJSONForm(SIDECAR_COMMAND)}\n`);
    const variables = Object.entries(SIDECAR_START.environment).map(([name, value]) => `${name}=${value}`);
    expect(sidecar).toContain(`ENV ${variables.join(' ')}\n`);
    const built = [PATHS.imageSidecar, IMAGE_PROGRAMS.sidecar.program, PATHS.imageProber].map(
      (path) => `/src/dist/${basename(path)}`,
    );
    expect(sidecar).toContain(`COPY --from=build --chmod=0444 ${built.join(' ')} ${dirname(PATHS.imageProber)}/\n`);
    expect(sidecar).toContain(`EXPOSE ${PORTS.credentials} ${PORTS.health}\n`);
  });

  test.each([
    ['sidecar', sidecar, SIDECAR_START.flags],
    ['webhook', webhook, WEBHOOK_FLAGS],
  ] as const)('the code cache is made of what is shipped, under the flags of the start: %s', (name, text, flags) => {
    const { program, codeCache, codeCacheMaker: maker } = IMAGE_PROGRAMS[name];
    const folder = `${dirname(codeCache)}/`;
    const made = [program, maker].map((path) => `/src/dist/${basename(path)}`);
    expect(text).toContain(`COPY --from=build ${made.join(' ')} ${folder}\n`);
    expect(text).toContain(`RUN ${inJSONForm([PATHS.imageNode, ...flags, maker])}\n`);
    expect(text).toContain(`COPY --from=code-cache --chmod=0444 ${codeCache} ${folder}\n`);
  });

  test("the webhook's user, path and ports are those of the tables and the Deployment", () => {
    const { runAsUser, runAsGroup } = deployment.template.spec.securityContext;
    expect(webhook).toContain(`USER ${String(runAsUser)}:${String(runAsGroup)}\n`);
    expect(webhook).toContain(`ENTRYPOINT ${inJSONForm([PATHS.imageNode])}\n`);
    expect(webhook).toContain(`CMD ${inJSONForm(WEBHOOK_COMMAND)}\n`);
    const built = [PATHS.imageWebhook, IMAGE_PROGRAMS.webhook.program].map((path) => `/src/dist/${basename(path)}`);
    expect(webhook).toContain(`COPY --from=build --chmod=0444 ${built.join(' ')} ${dirname(PATHS.imageWebhook)}/\n`);
    expect(webhook).toContain(`EXPOSE ${PORTS.webhook} ${PORTS.webhookHealth}\n`);
  });

  test.each([sidecar, webhook])('two stages; the result runs no command of a package manager', (text) => {
    const stages = text.split(/^FROM /m).slice(1);
    expect(stages.length).toBeGreaterThanOrEqual(2);
    expect(stages.at(-1)).not.toMatch(/^RUN |npm|apt|apk/m);
    expect(text).toContain('ARG BASE_IMAGE=gcr.io/distroless/cc-debian12:');
  });

  test('both copy the Node that everything is tested with, once, from its official image to one place', () => {
    const version = read('.node-version').trim();
    expect(JSON.parse(read('package.json'))).toMatchObject({ devDependencies: { node: version } });
    const copies = [sidecar, webhook].map((text) => {
      const official = `docker.io/library/node:${version}-bookworm-slim`;
      for (const name of ['BUILD_IMAGE', 'NODE_IMAGE']) expect(text).toContain(`ARG ${name}=${official}\n`);
      return text.slice(text.lastIndexOf('\nFROM ')).match(/^COPY .*\/node$/gm);
    });
    // The same line, so that the images share this layer.
    const copy = `COPY --from=node --chmod=0111 /usr/local/bin/node ${PATHS.imageNode}`;
    expect(copies).toEqual([[copy], [copy]]);
  });

  test.each([
    ['sidecar', sidecar],
    ['webhook', webhook],
  ])("the %s's image has the licences and the SBOM of what it holds", (name, text) => {
    const files = ['LICENSE', `dist/${name}.notices.txt`, `dist/${name}.cdx.json`].map((file) => `/src/${file}`);
    expect(text).toContain(`COPY --from=build --chmod=0444 ${files.join(' ')} /rolechain/\n`);
    expect(text).toContain('COPY --from=node --chmod=0444 /usr/local/LICENSE /rolechain/node.notices.txt\n');
    expect(text).toContain(`LABEL org.opencontainers.image.title="rolechain ${name}"`);
  });
});

describeWithCluster('manifests on the real apiserver', (cluster) => {
  const binaries = locateBinaries();
  const kubectl = 'reason' in binaries ? undefined : binaries.kubectl;
  const run = (...args: string[]): string =>
    execFileSync(kubectl ?? 'kubectl', ['--kubeconfig', cluster().kubeconfigPath, ...args], {
      encoding: 'utf8',
      cwd: ROOT,
    });

  test('kubectl apply -f manifests/install.yaml is accepted, twice, without a warning', () => {
    const first = run('apply', '-f', 'manifests/install.yaml');
    expect(first.trim().split('\n')).toHaveLength(objects.length);
    expect(first).not.toMatch(/Warning/);
    // Applied again it changes nothing: no field fights with the apiserver's defaults.
    run('apply', '-f', 'manifests/install.yaml');
    expect(run('diff', '-f', 'manifests/install.yaml')).toBe('');
  });

  test('the pod of the Deployment is accepted in its own restricted namespace', () => {
    const { template } = deployment as unknown as { template: { metadata: object; spec: object } };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...template.metadata, name: 'webhook', namespace: 'rolechain' },
      spec: template.spec,
    };
    const input = JSON.stringify(pod);
    const output = execFileSync(
      kubectl ?? 'kubectl',
      ['--kubeconfig', cluster().kubeconfigPath, 'create', '--dry-run=server', '-f', '-'],
      { input, encoding: 'utf8' },
    );
    expect(output).toContain('pod/webhook created');
  });

  test('kubectl kustomize gives the same objects', () => {
    const rendered = parseManifests(run('kustomize', 'manifests/base'));
    const sorted = (list: KubeObject[]): KubeObject[] =>
      [...list].sort((a, b) => (a.kind + a.metadata.name! < b.kind + b.metadata.name! ? -1 : 1));
    expect(sorted(rendered)).toEqual(sorted(objects));
  });
});
