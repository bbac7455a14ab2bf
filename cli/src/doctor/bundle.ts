/**
 * What a support ticket needs, in one JSON: the checks, and of each object what they look at. Made member by member from what is
 * known to hold no secret, never by taking things out: no log, no environment, no annotation of a pod, no data of a Secret.
 */
import { createHash } from 'node:crypto';
import { SETTINGS_FIELDS, type Settings } from '@rolechain/webhook';
import { LABELS, ANNOTATION_PREFIX, isMap } from '@rolechain/shared';
import { at, listAt, textAt } from '../objects/fields.ts';
import type { CheckResult, DoctorReport } from '../report-schemas/doctor.ts';
import type { Fact } from './check.ts';
import type { Facts } from './facts.ts';
import type { Identity } from './identity.ts';

export interface Bundle {
  readonly bundle: 1;
  readonly madeAt: string;
  readonly report: DoctorReport;
  readonly kubernetes: string;
  readonly objects: Readonly<Record<string, unknown>>;
}

export function bundleOf(report: DoctorReport, facts: Facts, identity: Identity | undefined): Bundle {
  return {
    bundle: 1,
    madeAt: facts.now.toISOString(),
    report: { ...report, checks: report.checks.map((check) => forTicket(check, facts, identity)) },
    kubernetes: facts.serverVersion,
    objects: {
      mutatingWebhookConfiguration: of(facts.mutating, webhookConfiguration),
      validatingWebhookConfiguration: of(facts.validating, webhookConfiguration),
      otherMutatingWebhookConfigurations: of(facts.allMutating, (all) => all.map(nameAndOrder)),
      deployment: of(facts.deployment, deployment),
      service: of(facts.service, (one) => ({
        type: at(one, 'spec', 'type') ?? null,
        ports: listAt(one, 'spec', 'ports').length,
      })),
      endpoints: of(facts.slices, (all) => all.flatMap((slice) => listAt(slice, 'endpoints')).length),
      podDisruptionBudget: of(facts.budget, (one) => ({ minAvailable: at(one, 'spec', 'minAvailable') ?? null })),
      settings: of(facts.settings, (read) =>
        read.ok ? settings(read.value) : { invalid: read.problems.map(({ code, path }) => ({ code, path })) },
      ),
      certificate: of(facts.certificates, ({ certificate, authority }) => ({
        certificate: digest(certificate),
        authority: digest(authority),
      })),
      policies: each(facts.policies, (one) => ({
        failurePolicy: at(one, 'spec', 'failurePolicy') ?? null,
        generation: at(one, 'metadata', 'generation') ?? null,
      })),
      bindings: each(facts.bindings, (one) => ({
        policyName: at(one, 'spec', 'policyName') ?? null,
        validationActions: listAt(one, 'spec', 'validationActions'),
      })),
      lackingRights: of(facts.lacking, (rights) => rights.map(({ right }) => right)),
      namespacesOptedIn: of(facts.optedIn, (names) => names),
      ...(identity ? { serviceAccount: account(identity) } : {}),
    },
  };
}

/** What these say repeats what somebody wrote: the ticket has codes and places instead. */
function forTicket(check: CheckResult, { settings: read }: Facts, identity: Identity | undefined): CheckResult {
  if (check.reason === undefined) return check;
  if (check.id === 'settings' && read.is === 'there' && !read.value.ok) {
    return { ...check, reason: read.value.problems.map(({ code, path }) => `${path} ${code}`).join(', ') };
  }
  if (check.id !== 'annotation' && check.id !== 'allowed-roles') return check;
  const { decided } = identity ?? {};
  return { ...check, reason: decided?.outcome === 'refused' ? decided.reason : 'left out of a ticket' };
}

/** The file's text: for a person to read before it is sent. */
export const writeBundle = (bundle: Bundle): string => `${JSON.stringify(bundle, null, 2)}\n`;

function of<T>(fact: Fact<T>, reduce: (value: T) => unknown): unknown {
  if (fact.is === 'unknown') return { unknown: fact.error.message };
  return fact.is === 'absent' ? null : reduce(fact.value);
}

function each(
  facts: Readonly<Record<string, Fact<unknown>>>,
  reduce: (value: unknown) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, of(fact, reduce)]));
}

const digest = (text: string): string =>
  text === '' ? '' : `sha256:${createHash('sha256').update(text).digest('hex')}`;

function webhookConfiguration(object: unknown): unknown {
  return listAt(object, 'webhooks').map((one) => ({
    name: textAt(one, 'name') ?? null,
    service: {
      name: textAt(one, 'clientConfig', 'service', 'name') ?? null,
      namespace: textAt(one, 'clientConfig', 'service', 'namespace') ?? null,
    },
    caBundle: digest(textAt(one, 'clientConfig', 'caBundle') ?? ''),
    failurePolicy: at(one, 'failurePolicy') ?? null,
    timeoutSeconds: at(one, 'timeoutSeconds') ?? null,
    reinvocationPolicy: at(one, 'reinvocationPolicy') ?? null,
    namespaceSelector: expressions(at(one, 'namespaceSelector')),
  }));
}

/** Keys and operators: values may be names of namespaces alone, of which none is secret. */
function expressions(selector: unknown): unknown {
  return listAt(selector, 'matchExpressions').map((one) => ({
    key: textAt(one, 'key') ?? null,
    operator: textAt(one, 'operator') ?? null,
    values: listAt(one, 'values'),
  }));
}

const nameAndOrder = (object: unknown): unknown => ({
  name: textAt(object, 'metadata', 'name') ?? null,
  webhooks: listAt(object, 'webhooks').map((one) => ({
    name: textAt(one, 'name') ?? null,
    reinvocationPolicy: at(one, 'reinvocationPolicy') ?? null,
  })),
});

function deployment(object: unknown): unknown {
  return {
    replicas: at(object, 'spec', 'replicas') ?? null,
    ready: at(object, 'status', 'readyReplicas') ?? 0,
    generation: at(object, 'metadata', 'generation') ?? null,
    version: textAt(object, 'metadata', 'labels', LABELS.version) ?? null,
    containers: listAt(object, 'spec', 'template', 'spec', 'containers').map((container) => ({
      name: textAt(container, 'name') ?? null,
      image: textAt(container, 'image') ?? null,
      resources: at(container, 'resources') ?? null,
      variables: listAt(container, 'env').map((variable) => textAt(variable, 'name') ?? null),
    })),
  };
}

/** Settings whose values may hold a secret: a proxy's or an endpoint's user and password, and what is for people with a key. */
const UNSHOWN = new Set([
  'sidecarEnvironment',
  'clientCA',
  'stsEndpoint',
  'agentEndpoints',
  'defaultTags',
  'forcedTags',
]);

function settings(all: Settings): unknown {
  const entries = Object.keys(SETTINGS_FIELDS).map((name): [string, unknown] => {
    const value = (all as Readonly<Record<string, unknown>>)[name];
    if (!UNSHOWN.has(name)) return [name, value ?? null];
    return [name, isMap(value) ? Object.keys(value) : value === undefined ? null : 'set'];
  });
  return Object.fromEntries(entries);
}

/** Roles by name and hops. An external ID stands in an annotation, and is left out all the same; so are tags and policies. */
function account({ account: fact, decided, secrets }: Identity): unknown {
  return of(fact, ({ annotations, byDefault }) => ({
    annotations: Object.keys(annotations).filter(
      (key) => key.startsWith(ANNOTATION_PREFIX) || key.startsWith('eks.amazonaws.com/'),
    ),
    byDefault: byDefault === true,
    outcome: decided?.outcome ?? 'asks for no role',
    reason: decided?.outcome === 'refused' ? decided.reason : null,
    roles:
      decided?.outcome === 'accepted'
        ? decided.roles.map(({ name, roleARN, via, credentialSource }) => ({
            name,
            roleARN,
            via: via.map((hop) => hop.roleARN),
            credentialSource,
          }))
        : [],
    secrets: secrets.map(({ name, key, is }) => ({ name, key, is: is.is === 'there' ? is.value : is.is })),
  }));
}
