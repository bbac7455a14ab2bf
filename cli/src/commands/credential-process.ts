import {
  ANNOTATIONS,
  CodedError,
  DEFAULT_ROLE,
  ENV,
  formatProblems,
  isDNSLabel,
  readAnnotation,
  type RoleSpec,
} from '@rolechain/shared';
import type { ServiceAccount } from '@rolechain/webhook';
import { manifestsOf, parseFile } from '../documents/manifests.ts';
import { readSource } from '../documents/read-sources.ts';
import { endpointOf, readFromSidecar } from '../iam/sidecar-endpoint.ts';
import type { Call, Run } from '../terminal/command.ts';
import { textOf } from '../terminal/options.ts';

/** Prints itself: what it prints is a secret, and no form of output but one is read by an SDK. */
export const run: Run = async (call) => {
  const { options, output, surroundings } = call;
  const role = textOf(options.role);
  if (role !== undefined && !isDNSLabel(role)) throw new CodedError('UsageInvalid', '--role takes the name of a role.');
  if (output === 'yaml') throw new CodedError('UsageInvalid', 'SDKs read JSON alone.', { fix: 'Leave --output out.' });
  const chain = await chainOf(call);
  const credentials = await (chain === undefined
    ? readFromSidecar(endpointOf(surroundings.env, role), surroundings)
    : walk(call, chain, role ?? DEFAULT_ROLE));
  surroundings.out(`${JSON.stringify(credentials)}\n`);
  return undefined;
};

interface Chain {
  readonly roles: readonly RoleSpec[];
  readonly account: ServiceAccount;
}

async function walk({ options, surroundings }: Call, { roles, account }: Chain, role: string) {
  const { env } = surroundings;
  const region = textOf(options.region) ?? env[ENV.region] ?? env[ENV.defaultRegion];
  const wanted = roles.find(({ name }) => name === role);
  const named = wanted && [...wanted.via, wanted].every((hop) => hop.stsRegion ?? wanted.region);
  if (!region && !named) {
    throw new CodedError('UsageInvalid', 'The chain names no Region.', { fix: 'Set AWS_REGION, or give --region.' });
  }
  // The SDK's providers take a third of a second to load.
  const { walkChain } = await import('../iam/walk-chain.ts');
  return walkChain({
    ...{ roles, account, role, env },
    podName: textOf(options.pod) ?? `cli-${env.USER ?? env.USERNAME ?? 'user'}`,
    region: region ?? 'us-east-1',
    cluster: textOf(options.cluster),
    externalIDs: textOf(options.externalIds),
    profile: textOf(options.profile),
  });
}

/** Undefined: the sidecar is asked. */
async function chainOf({ options, surroundings }: Call): Promise<Chain | undefined> {
  const [document, manifest] = [textOf(options.chain), textOf(options.file)];
  if (document !== undefined && manifest !== undefined)
    throw new CodedError('UsageInvalid', '--chain and --file name two chains.', { fix: 'Give one of them.' });
  if (document !== undefined) {
    const { name, text } = await readSource(document, surroundings);
    // A chain of no cluster: its session names begin with this in the place of a namespace.
    return { roles: rolesOf(name, text.trim()), account: { namespace: 'rolechain', name: 'cli', annotations: {} } };
  }
  if (manifest === undefined) return undefined;
  const source = await readSource(manifest, surroundings);
  const accounts = manifestsOf(parseFile(source)).filter(({ kind }) => kind === 'ServiceAccount');
  const wanted = textOf(options.serviceAccount);
  const [found, ...more] = wanted === undefined ? accounts : accounts.filter(({ name }) => name === wanted);
  if (found === undefined || more.length > 0) {
    const names = accounts.map(({ name }) => name).join(', ');
    const fix = names === '' ? 'Give a manifest of a ServiceAccount.' : `Name one with --service-account: ${names}.`;
    const what =
      found === undefined ? `no ServiceAccount${wanted === undefined ? '' : ` ${wanted}`}` : 'several ServiceAccounts';
    throw new CodedError('FileInvalid', `${source.name} has ${what}.`, { fix });
  }
  const { metadata } = found.value as {
    readonly metadata?: { readonly annotations?: Readonly<Record<string, unknown>> };
  };
  const { key } = ANNOTATIONS.assumeRole;
  const written = metadata?.annotations?.[key];
  if (typeof written !== 'string')
    throw new CodedError('FileInvalid', `ServiceAccount ${found.name} has no annotation ${key}.`);
  const account = { namespace: found.namespace ?? 'default', name: found.name, annotations: { [key]: written } };
  return { roles: rolesOf(`${source.name}: ${found.name}`, written), account };
}

function rolesOf(name: string, text: string): readonly RoleSpec[] {
  const read = readAnnotation({ ours: text, flux: undefined, fluxEnabled: false });
  if (read === undefined) throw new CodedError('FileInvalid', `${name} asks for no role.`);
  if (read.roles.ok) return read.roles.value;
  throw new CodedError('FileInvalid', `${name}: ${formatProblems(read.roles.problems)}.`);
}
