/** What a decision looks up, taken from objects that were read: from files, or of a cluster. Each with where it is from. */
import { CodedError, type EksWebhook } from '@rolechain/shared';
import {
  accountKeys,
  keptAnnotations,
  keysOn,
  limitRulesOf,
  makeJudgements,
  withEksKeys,
  type Annotations,
  type DecideOptions,
  type LimitRule,
  type ServiceAccount,
} from '@rolechain/webhook';
import { textsAt } from '../objects/fields.ts';
import type { Json } from './manifests.ts';
import type { KnownSettings } from './webhook-settings.ts';

/** One object, and how an explanation calls its source: a file, or the cluster. */
export interface KnownObject {
  readonly namespace: string;
  readonly name: string;
  readonly value: Json;
  readonly from: string;
}

export interface KnownObjects {
  /** Undefined: there is none. Rejects with a CodedError where that is not known. */
  readonly account: (namespace: string, name: string) => Promise<KnownObject | undefined>;
  readonly namespace: (name: string) => Promise<KnownObject | undefined>;
  readonly limitRanges: (namespace: string) => readonly KnownObject[];
}

/** The account that a pod runs as when it names none: each namespace has it, mostly without an annotation. */
const DEFAULT_ACCOUNT = 'default';

/** Those of the input. What is not in it: a Namespace counts as one without annotations, an account is not known. */
export function objectsOfInput(objects: readonly (KnownObject & { readonly kind: string })[]): KnownObjects {
  const find = (kind: string, namespace: string, name: string): KnownObject | undefined =>
    objects.find((one) => one.kind === kind && one.namespace === namespace && one.name === name);
  return {
    account: (namespace, name) => {
      const found = find('ServiceAccount', namespace, name);
      if (found) return Promise.resolve(found);
      if (name === DEFAULT_ACCOUNT) return Promise.resolve(assumed(namespace, name));
      return Promise.reject(
        new CodedError('ObjectNotFound', `ServiceAccount ${namespace}/${name} is not in the input.`, {
          fix: 'Give its manifest by --service-account or by another -f.',
        }),
      );
    },
    namespace: (name) =>
      Promise.resolve(objects.find((one) => one.kind === 'Namespace' && one.name === name) ?? assumed('', name)),
    limitRanges: (namespace) => objects.filter((one) => one.kind === 'LimitRange' && one.namespace === namespace),
  };
}

export const ASSUMED = 'not in the input: assumed to have no annotations';

function assumed(namespace: string, name: string): KnownObject {
  return { namespace, name, value: {}, from: ASSUMED };
}

/** The webhook's own look-ups over these objects: what they keep of an object is what the webhook's caches keep. */
export function decideOptions({ value: settings }: KnownSettings, known: KnownObjects): DecideOptions {
  const { fluxAlias, namespaceDefaultRole, eks } = settings;
  return {
    ...{ fluxAlias, namespaceDefaultRole },
    settings: () => settings,
    judgements: makeJudgements(),
    lookup: async (namespace, name): Promise<ServiceAccount | undefined> => {
      const found = await known.account(namespace, name);
      return found && keptAccount(namespace, name, found.value, eks);
    },
    lookupNamespace: async (name): Promise<Annotations> => {
      const found = await known.namespace(name);
      return keptAnnotations(annotationsOf(found?.value ?? {}), 'Namespace', keysOn('Namespace'));
    },
    limitRulesOf: (namespace): readonly LimitRule[] =>
      known.limitRanges(namespace).flatMap(({ name, value }) => limitRulesOf(name, value.spec)),
  };
}

/** An account as the webhook keeps it of the API's object. */
export function keptAccount(namespace: string, name: string, value: Json, eks: EksWebhook): ServiceAccount {
  const annotations = keptAnnotations(annotationsOf(value), 'ServiceAccount', accountKeys(eks));
  return withEksKeys({ namespace, name, annotations }, eks);
}

/** The annotations that are text: no apiserver takes others. */
export const annotationsOf = (object: Json): Annotations => textsAt(object, 'metadata', 'annotations');
