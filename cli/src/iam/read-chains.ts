/** The chains of a ServiceAccount, from a file or from the cluster, with what else the policies depend on. */
import { AUDIENCE, CodedError, FOREIGN_KEYS, parseRoleARN, type SidecarConfig } from '@rolechain/shared';
import {
  asksForRole,
  decideServiceAccount,
  otherAccountsOf,
  UNKEPT,
  type DecideSettings,
  type OtherAccounts,
  type ServiceAccount,
} from '@rolechain/webhook';
import { connect, type Cluster } from '../cluster/client.ts';
import { readInstallation } from '../cluster/installation.ts';
import { pathOf } from '../cluster/path.ts';
import { unlessForbidden } from '../cluster/refused.ts';
import { keptAccount } from '../documents/known-objects.ts';
import { manifestsOf, parseFile, type Json } from '../documents/manifests.ts';
import { readSource, readSources } from '../documents/read-sources.ts';
import { decideSettingsOf, knownSettings, settingsOfSource } from '../documents/webhook-settings.ts';
import type { Call } from '../terminal/command.ts';
import { pathsOf, type BaseFacts, type Path } from './chain.ts';
import type { Unknown, Value } from './document.ts';

export interface Chains {
  readonly account: { readonly namespace: string; readonly name: string };
  /** Why there is no chain, in the webhook's words. */
  readonly refused?: string;
  readonly config?: SidecarConfig;
  readonly facts: BaseFacts;
  readonly paths: readonly Path[];
  /** What was not known, or taken for granted. */
  readonly notes: readonly string[];
}

/** Throws CodedError for what cannot be read, and UsageInvalid for options that are not in order. */
export async function readChains(call: Call, name: string | undefined): Promise<Chains> {
  const files = call.options.file as readonly string[] | undefined;
  const cluster = files === undefined ? await connect(call) : undefined;
  const notes: string[] = [];
  const settings = await readSettings(call, cluster, notes);
  const accounts = cluster ? clusterAccounts(cluster, settings) : await fileAccounts(call, files ?? [], settings);
  const account = await accounts.find(name);
  const own = { namespace: account.namespace, name: account.name };
  const audience = account.annotations[FOREIGN_KEYS.eksAudience] ?? AUDIENCE.irsa;
  const facts = { ...givenFacts(call), audience };
  const read = UNKEPT.readAccount(account, settings);
  if (!asksForRole(account, settings) || !read)
    return { account: own, refused: NO_ROLE_ASKED, facts, paths: [], notes };
  const others = await accounts.others(read.roles.ok ? otherAccountsOf(read.roles.value, account) : []);
  const judged = decideServiceAccount(account, settings, { others, allowedRoles: undefined });
  if (judged?.outcome !== 'accepted') {
    return { account: own, refused: judged?.message ?? NO_ROLE_ASKED, facts, paths: [], notes };
  }
  const { config } = judged;
  const issuer = cluster && typeof facts.issuer !== 'string' ? await readIssuer(cluster, notes) : undefined;
  const known = issuer === undefined ? facts : { ...facts, issuer };
  return { account: own, config, facts: known, paths: pathsOf(config, known), notes };
}

const NO_ROLE_ASKED = 'The ServiceAccount asks for no role.';

const BASE: Unknown = {
  name: 'base_arn',
  text: 'ARN of the base identity: the role of the Pod Identity association (--base-arn)',
  secret: false,
};
const CLUSTER: Unknown = { name: 'cluster_arn', text: 'ARN of the EKS cluster (--cluster-arn)', secret: false };
const ISSUER: Unknown = { name: 'oidc_issuer', text: "Issuer of the cluster's tokens (--oidc-issuer)", secret: false };

function givenFacts({ options }: Call): Omit<BaseFacts, 'audience'> {
  const text = (option: string, pattern: RegExp, expects: string): string | undefined => {
    const value = options[option];
    if (typeof value !== 'string') return undefined;
    if (value.length <= 2048 && pattern.test(value)) return value;
    const flag = option.replace(/[A-Z]+/g, (upper) => `-${upper.toLowerCase()}`);
    throw new CodedError('UsageInvalid', `--${flag} takes ${expects}.`, { fix: 'Correct it.' });
  };
  const base = text(
    'baseArn',
    /^arn:aws(?:-[a-z]+)*:iam::\d{12}:(?:role|user)\/[\x21-\x7e]+$/,
    'the ARN of an IAM role or user',
  );
  if (base?.includes(':role/') && !parseRoleARN(base)) {
    throw new CodedError('UsageInvalid', '--base-arn is not an IAM role ARN.', { fix: 'Correct it.' });
  }
  const cluster = text(
    'clusterArn',
    /^arn:aws(?:-[a-z]+)*:eks:[a-z0-9-]+:\d{12}:cluster\/[\w-]+$/,
    'the ARN of an EKS cluster',
  );
  const issuer = text('oidcIssuer', ISSUER_URL, 'an https URL');
  return {
    baseARN: base ?? BASE,
    hasAssociation: base !== undefined,
    clusterARN: cluster ?? CLUSTER,
    issuer: issuer === undefined ? ISSUER : bare(issuer),
  };
}

const ISSUER_URL = /^(?:https:\/\/)?[\w.-]+(?::\d+)?(?:\/[\w./~-]*)?$/;
const bare = (issuer: string): string => issuer.replace(/^https:\/\//, '').replace(/\/$/, '');

/** OIDC discovery of the API server. Kubernetes binds the right to it to ServiceAccounts alone. */
async function readIssuer(cluster: Cluster, notes: string[]): Promise<Value | undefined> {
  const read = (): Promise<{ issuer?: unknown } | undefined> => cluster.find('/.well-known/openid-configuration');
  const found = await unlessForbidden(read, () => undefined);
  if (typeof found?.issuer === 'string' && ISSUER_URL.test(found.issuer)) return bare(found.issuer);
  notes.push(
    'The apiserver does not tell the issuer of its tokens (GET /.well-known/openid-configuration): give --oidc-issuer.',
  );
  return undefined;
}

async function readSettings(call: Call, cluster: Cluster | undefined, notes: string[]): Promise<DecideSettings> {
  const { settings } = call.options;
  const { env } = call.surroundings;
  // The Region stands in no policy.
  const region = { option: undefined, env };
  if (typeof settings === 'string') {
    return knownSettings(settingsOfSource(await readSource(settings, call.surroundings)), region).value;
  }
  if (!cluster) return knownSettings(undefined, region).value;
  const installation = await readInstallation(cluster);
  notes.push(...installation.notes);
  return decideSettingsOf(installation.settings);
}

interface Accounts {
  readonly find: (name: string | undefined) => Promise<ServiceAccount>;
  readonly others: (names: readonly { readonly namespace: string; readonly name: string }[]) => Promise<OtherAccounts>;
}

function clusterAccounts(cluster: Cluster, { eks }: DecideSettings): Accounts {
  return {
    find: async (name) => {
      if (name === undefined) throw noName();
      const { namespace } = cluster;
      return keptAccount(namespace, name, await cluster.get(pathOf(namespace, 'serviceaccounts', name)), eks);
    },
    others: async (names) => {
      const found = await Promise.all(
        names.map(async ({ namespace, name }) => {
          const object = await cluster.find<Json>(pathOf(namespace, 'serviceaccounts', name));
          return object ? [[`${namespace}/${name}`, keptAccount(namespace, name, object, eks)] as const] : [];
        }),
      );
      return new Map(found.flat());
    },
  };
}

async function fileAccounts(call: Call, files: readonly string[], settings: DecideSettings): Promise<Accounts> {
  const asked = typeof call.options.namespace === 'string' ? call.options.namespace : 'default';
  const sources = await readSources(files, call.surroundings);
  const all = sources
    .flatMap((source) => manifestsOf(parseFile(source)))
    .filter(({ kind }) => kind === 'ServiceAccount')
    .map(({ value, name, namespace = asked }) => keptAccount(namespace, name, value, settings.eks));
  const byName = new Map(all.map((account) => [`${account.namespace}/${account.name}`, account]));
  return {
    find: (name) => {
      const named = all.filter((account) =>
        name === undefined ? asksForRole(account, settings) : account.name === name,
      );
      const [account] = named.length > 0 || name !== undefined ? named : all;
      if (!account) throw new CodedError('ObjectNotFound', `ServiceAccount ${name ?? ''} in ${files.join(', ')}.`);
      if (named.length > 1) {
        const list = named.map(({ namespace, name: one }) => `${namespace}/${one}`).join(', ');
        throw new CodedError('UsageInvalid', `The files have several ServiceAccounts: ${list}.`, { fix: 'Name one.' });
      }
      return Promise.resolve(account);
    },
    others: () => Promise.resolve(byName),
  };
}

function noName(): CodedError {
  return new CodedError('UsageInvalid', 'There is no name.', { fix: 'Write serviceaccount NAME, or give -f.' });
}
