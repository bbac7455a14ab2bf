/** What a policy says of a value that is not known: the ExternalId of a Secret, the cluster, the issuer of its tokens. Pure. */
import type { Unknown } from './document.ts';
import type { Document } from './simulator.ts';

/** Condition keys that hold the value, in lower case. */
const KEYS: Readonly<Record<string, RegExp>> = {
  cluster_arn: /^aws:(principaltag|requesttag)\/eks-cluster-arn$/,
};

/** The value of a condition that the call has to meet; undefined where the policy has none. */
export function valueIn(document: Document | undefined, { name, secret }: Unknown): string | undefined {
  const statements = document?.Statement ?? [];
  if (name === 'oidc_issuer') return statements.map(issuerOf).find((issuer) => issuer !== undefined);
  const pattern = secret ? /^sts:externalid$/ : KEYS[name];
  if (!pattern) return undefined;
  return statements.flatMap((statement) => valuesOf(statement, pattern)).at(0);
}

function valuesOf(statement: Readonly<Record<string, unknown>>, key: RegExp): string[] {
  if (statement.Effect !== 'Allow') return [];
  const conditions = (statement.Condition ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  return Object.entries(conditions)
    .filter(([operator]) => /^StringEquals|^ArnEquals/.test(operator))
    .flatMap(([, keys]) => Object.entries(keys))
    .filter(([name]) => key.test(name.toLowerCase()))
    .flatMap(([, values]) => [values].flat())
    .filter((value) => typeof value === 'string');
}

function issuerOf({ Principal: principal }: Readonly<Record<string, unknown>>): string | undefined {
  const federated = [(principal as { readonly Federated?: unknown } | undefined)?.Federated].flat()[0];
  return typeof federated === 'string' ? /:oidc-provider\/(.+)$/.exec(federated)?.[1] : undefined;
}
