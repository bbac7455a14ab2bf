/** The checks of an installation, in the order in which they are told. */
import { INSTALLED, LABELS, VERSION, formatProblems, isByDigest, isPlaceholderImage } from '@rolechain/shared';
import { at, listAt, textAt } from '../objects/fields.ts';
import { failed, judge, ok, skipped, warning, OK, type Check, type Verdict } from './check.ts';
import { certificateChecks } from './certificate.ts';
import { guardChecks } from './guard.ts';
import type { Facts, Probe } from './facts.ts';

const INSTALL = 'docs/install.md';
const ORDER = 'docs/webhook-order.md';

const WEBHOOK: readonly Check<Facts>[] = [
  {
    id: 'webhook-configurations',
    category: 'webhook',
    what: 'both webhook configurations lead to the Service, and fail open',
    fix: 'Apply the manifests again.',
    page: INSTALL,
    look: ({ mutating, validating }) =>
      firstBad([
        judge(mutating, failed('There is no MutatingWebhookConfiguration rolechain.'), configuration),
        judge(validating, failed('There is no ValidatingWebhookConfiguration rolechain.'), configuration),
      ]),
  },
  ...certificateChecks('webhook'),
  {
    id: 'replicas',
    category: 'webhook',
    what: 'two replicas of the webhook are ready',
    fix: `Look at its pods: kubectl describe deployment ${INSTALLED.webhook}, kubectl logs deployment/${INSTALLED.webhook}.`,
    page: 'docs/operations.md',
    look: ({ deployment }) => judge(deployment, failed(`There is no Deployment ${INSTALLED.webhook}.`), replicas),
  },
  {
    id: 'endpoints',
    category: 'webhook',
    what: 'the Service has a ready endpoint',
    fix: 'Wait until a replica is ready, and compare the selector of the Service with the labels of the pods.',
    page: 'docs/operations.md',
    look: ({ service, slices }) =>
      firstBad([
        judge(service, failed(`There is no Service ${INSTALLED.webhook}.`), () => OK),
        judge(slices, OK, (all) => {
          const ready = all
            .flatMap((slice) => listAt(slice, 'endpoints'))
            .filter((one) => at(one, 'conditions', 'ready') !== false);
          return ready.length > 0
            ? ok(`${ready.length} ready`)
            : failed('None is ready: the apiserver reaches no replica.');
        }),
      ]),
  },
  {
    id: 'disruption-budget',
    category: 'webhook',
    what: 'a PodDisruptionBudget keeps one replica',
    fix: 'Apply the manifests again.',
    page: 'docs/operations.md',
    look: ({ budget }) =>
      judge(budget, warning('There is no PodDisruptionBudget: a drain may take all replicas at once.'), () => OK),
  },
  {
    id: 'called',
    category: 'webhook',
    what: 'the apiserver calls the webhook and gets its answer',
    fix: 'Let the control plane reach port 9443 of the pods (security groups, NetworkPolicy), and look at the metric apiserver_admission_webhook_fail_open_count.',
    page: 'docs/certificates.md',
    look: ({ probe }) => judge(probe, OK, called),
  },
  {
    id: 'health',
    category: 'webhook',
    what: 'each replica says that it is ready, and has metrics',
    fix: 'docs/errors.md has what each code means. To ask it, the control plane has to reach port 9440 of the pods.',
    page: 'docs/metrics.md',
    look: ({ health }) =>
      judge(health, OK, (pods) => {
        if (pods.length === 0) return warning('No pod of the webhook is there to ask.');
        const bad = pods.filter(({ ready, hasMetrics }) => ready !== 'ok' || !hasMetrics);
        const texts = bad.map(({ pod, ready, obstacle, hasMetrics }) => {
          if (ready !== undefined && ready !== 'ok') return `${pod}: ${ready}`;
          return `${pod}: ${obstacle ?? (hasMetrics ? '' : 'no metrics')}`;
        });
        return bad.length === 0 ? ok(`${pods.length} asked`) : warning(`${texts.join('; ')}.`);
      }),
  },
];

const SETTINGS: readonly Check<Facts>[] = [
  {
    id: 'settings',
    category: 'settings',
    what: 'the settings are valid',
    fix: `Correct the ConfigMap ${INSTALLED.webhook}, and restart the Deployment.`,
    page: 'docs/reference.md',
    look: ({ settings }) =>
      judge(settings, failed(`There is no ConfigMap ${INSTALLED.webhook}.`), (read) =>
        read.ok ? OK : failed(`settings.yaml: ${formatProblems(read.problems)}.`),
      ),
  },
  {
    id: 'sidecar-image',
    category: 'settings',
    what: "the sidecar's image is yours, and pinned by digest",
    fix: 'Write REGISTRY/rolechain/sidecar@sha256:… into sidecarImage: this image sees the credentials of every injected pod.',
    page: INSTALL,
    look: ({ settings }) =>
      judge(settings, skipped('there are no settings'), (read) =>
        read.ok ? image(read.value.sidecarImage) : skipped('the settings are not valid'),
      ),
  },
  {
    id: 'versions',
    category: 'settings',
    what: 'webhook, sidecar and command line are of one version',
    fix: 'Upgrade what is behind: docs/operations.md has the order.',
    page: 'docs/operations.md',
    look: versions,
  },
];

const REST: readonly Check<Facts>[] = [
  {
    id: 'rights',
    category: 'rights',
    what: 'the webhook has the rights of the manifests',
    fix: 'Apply manifests/base/rbac.yaml again; SECURITY.md says what each right is for.',
    page: 'SECURITY.md',
    look: ({ lacking }) =>
      judge(lacking, OK, (rights) => {
        const needed = rights.filter(({ without }) => without === undefined);
        const texts = rights.map(({ right, without }) =>
          without === undefined ? right : `${right} (without it ${without})`,
        );
        if (rights.length === 0) return OK;
        const text = `ServiceAccount ${INSTALLED.webhook} cannot ${texts.join(', nor ')}.`;
        return needed.length > 0 ? failed(text) : warning(text);
      }),
  },
  {
    id: 'left-out',
    category: 'namespaces',
    what: 'kube-system and the own namespace are left out, unless labelled',
    fix: 'Take the label rolechain.io/enabled from the namespace, or apply the manifests of that namespace (component namespace).',
    page: INSTALL,
    look: leftOut,
  },
  {
    id: 'order',
    category: 'namespaces',
    what: 'rolechain is called behind the EKS webhook, and again after others',
    fix: 'Keep the name rolechain and reinvocationPolicy: IfNeeded, as the manifests have them.',
    page: ORDER,
    look: order,
  },
];

export const INSTALLATION: readonly Check<Facts>[] = [...WEBHOOK, ...SETTINGS, ...guardChecks('guard'), ...REST];

/** The worst of several, in the order of what a person does first. */
export function firstBad(all: readonly Verdict[]): Verdict {
  const by = (state: Verdict['state']): Verdict | undefined => all.find((one) => one.state === state);
  return by('failed') ?? by('unknown') ?? by('warning') ?? all.find(({ reason }) => reason !== undefined) ?? OK;
}

function configuration(object: unknown): Verdict {
  const webhooks = listAt(object, 'webhooks');
  const kind = textAt(object, 'kind') ?? 'configuration';
  if (webhooks.length === 0) return failed(`${kind} rolechain has no webhook.`);
  const astray = webhooks.find((one) => textAt(one, 'clientConfig', 'service', 'name') !== INSTALLED.webhook);
  if (astray !== undefined) return failed(`${textAt(astray, 'name')} does not lead to Service ${INSTALLED.webhook}.`);
  const closed = webhooks.find((one) => textAt(one, 'failurePolicy') !== 'Ignore');
  if (closed === undefined) return OK;
  return warning(
    `${textAt(closed, 'name')} has failurePolicy ${textAt(closed, 'failurePolicy')}: while the webhook is out, unrelated requests are refused.`,
  );
}

function replicas(deployment: unknown): Verdict {
  const wanted = Number(at(deployment, 'spec', 'replicas') ?? 1);
  const ready = Number(at(deployment, 'status', 'readyReplicas') ?? 0);
  if (ready === 0) return failed(`None of ${wanted} is ready: pods whose ServiceAccount asks for a role are refused.`);
  if (ready < wanted) return warning(`${ready} of ${wanted} are ready.`);
  return wanted < 2
    ? warning('There is one: while it moves, pods that ask for a role are refused.', 'Set spec.replicas to 2.')
    : ok(`${ready} of ${wanted}`);
}

function called(probe: Probe): Verdict {
  if (probe.is === 'refused') return OK;
  if (probe.is === 'warned') return ok('it only warns, as mode: audit says');
  if (probe.is === 'other')
    return {
      state: 'unknown',
      reason: `The dry run came to something else: ${probe.text}`,
      fix: 'Correct that first.',
    };
  return failed(
    'A ServiceAccount with an invalid annotation was not refused (a dry run): the webhook was not called, or did not answer.',
  );
}

function image(sidecarImage: string): Verdict {
  if (isPlaceholderImage(sidecarImage))
    return failed(`sidecarImage is ${sidecarImage}, as the manifests come: no node can pull it.`);
  if (isByDigest(sidecarImage)) return OK;
  return warning(`${sidecarImage} is a tag: who may push it may change what sees the credentials.`);
}

function versions({ deployment, settings }: Facts): Verdict {
  return judge(deployment, skipped('there is no Deployment'), (object) => {
    const [container] = listAt(object, 'spec', 'template', 'spec', 'containers');
    const sidecarImage = settings.is === 'there' && settings.value.ok ? settings.value.value.sidecarImage : undefined;
    const found = {
      'the webhook': tagOf(textAt(container, 'image')) ?? textAt(object, 'metadata', 'labels', LABELS.version),
      'the sidecar': tagOf(sidecarImage),
      'this command line': VERSION,
    };
    const told = Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const text = told.map(([what, version]) => `${what} ${version}`).join(', ');
    return new Set(told.map(([, version]) => version)).size === 1 ? ok(VERSION) : warning(`They differ: ${text}.`);
  });
}

/** Undefined where an image has none: a digest says no version. */
function tagOf(name: string | undefined): string | undefined {
  return /:v?([0-9][\w.+-]*)(?:@|$)/.exec((name ?? '').replace(/@sha256:.*/, ''))?.[1];
}

function leftOut({ mutating, installedIn, optedIn }: Facts): Verdict {
  return judge(mutating, skipped('there is no configuration'), (object) => {
    const [first] = listAt(object, 'webhooks');
    const names = listAt(first, 'namespaceSelector', 'matchExpressions')
      .filter((one) => textAt(one, 'operator') === 'NotIn')
      .flatMap((one) => listAt(one, 'values'));
    const missing = ['kube-system', installedIn].filter((name) => !names.includes(name));
    if (missing.length > 0)
      return failed(
        `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not left out: rolechain is called for pods that it needs itself.`,
      );
    return judge(optedIn, OK, (labelled) => {
      const own = labelled.filter((name) => names.includes(name));
      return own.length === 0
        ? OK
        : warning(
            `${own.join(' and ')} ${own.length > 1 ? 'have' : 'has'} the label rolechain.io/enabled: the webhook is called for its pods.`,
          );
    });
  });
}

const EKS = 'pod-identity-webhook';

function order({ allMutating, mutating }: Facts): Verdict {
  return firstBad([
    judge(mutating, skipped('there is no configuration'), (object) => {
      const never = listAt(object, 'webhooks').some((one) => textAt(one, 'reinvocationPolicy') !== 'IfNeeded');
      return never ? failed('reinvocationPolicy is not IfNeeded: what comes after its first call is not seen.') : OK;
    }),
    judge(allMutating, OK, (all) => {
      const names = all.map((one) => textAt(one, 'metadata', 'name') ?? '').sort();
      const after = names.slice(names.indexOf(INSTALLED.configuration) + 1);
      if (after.includes(EKS)) return warning(`${EKS} is called after it.`);
      return ok(after.length === 0 ? 'it is the last' : `after it: ${after.slice(0, 5).join(', ')}`);
    }),
  ]);
}
