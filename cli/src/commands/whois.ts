import { CodedError, ERRORS } from '@rolechain/shared';
import { connect, type Cluster } from '../cluster/client.ts';
import { pathOf } from '../cluster/path.ts';
import { unlessForbidden } from '../cluster/refused.ts';
import { readSource } from '../documents/read-sources.ts';
import { askedOf, askedOfRecords, type Asked } from '../iam/asked-sessions.ts';
import { readName } from '../iam/read-session-name.ts';
import { accountMatchesOf, matchesOf, namedAccount, type NamedAccount } from '../iam/session-makers.ts';
import { whoisText } from '../iam/whois-text.ts';
import type { PodMatch, Subject, WhoisReport } from '../report-schemas/whois.ts';
import type { Call, Run } from '../terminal/command.ts';

/** Of one call: a page of CloudTrail has fifty. */
const MAX_SESSIONS = 1000;

export const run: Run = async (call) => {
  const asked = await readAsked(call);
  const report = call.options.offline === true ? offline(asked) : await lookUp(asked, call);
  const isKnown = ({ verdict }: Subject): boolean => verdict === 'found' || verdict === 'offline';
  return { report, text: (colours) => whoisText(report, colours), isFinding: !report.subjects.every(isKnown) };
};

async function readAsked({ args, options, surroundings }: Call): Promise<Asked[]> {
  const [name] = args;
  const { file } = options;
  if (typeof name === 'string' && file === undefined) return [askedOf(name)];
  if (name === undefined && typeof file === 'string') {
    const { name: source, text } = await readSource(file, surroundings);
    const asked = askedOfRecords(source, text);
    if (asked.length <= MAX_SESSIONS) return asked;
    throw new CodedError('FileInvalid', `${source} names ${asked.length} sessions; the limit is ${MAX_SESSIONS}.`);
  }
  throw new CodedError('UsageInvalid', name === undefined ? 'A name is missing.' : 'A name and a file were given.', {
    fix: 'Give a session name or an assumed-role ARN, or CloudTrail records (-f).',
  });
}

const subjectOf = ({ session, role, event }: Asked) => ({
  session,
  role: role ?? null,
  event,
  name: readName(session),
});

function offline(asked: readonly Asked[]): WhoisReport {
  const subjects = asked.map((each): Subject => ({
    ...subjectOf(each),
    verdict: 'offline',
    pods: [],
    serviceAccounts: [],
    annotations: {},
  }));
  return { subjects, notes: [] };
}

async function lookUp(asked: readonly Asked[], call: Call): Promise<WhoisReport> {
  // Not the context's namespace: nobody knows yet whose the name is.
  const { namespace } = call.options;
  const within = typeof namespace === 'string' ? namespace : undefined;
  const cluster = await connect(call);
  const found: PodMatch[][] = asked.map(() => []);
  await withHint(
    cluster.list(pathOf(within, 'pods'), (pod) => {
      for (const [at, matches] of matchesOf(pod, asked).entries()) found[at]?.push(...matches);
    }),
  );
  const notes: string[] = [];
  const accounts = await readAccounts(cluster, within, found, notes);
  const subjects = asked.map((each, at): Subject => {
    const pods = found[at] ?? [];
    const serviceAccounts = pods.length > 0 ? [] : accounts.flatMap((account) => accountMatchesOf(account, each));
    const keys = new Set([
      ...pods.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`),
      ...serviceAccounts.map(({ namespace, name }) => `${namespace}/${name}`),
    ]);
    const known = accounts.map(({ namespace, name, annotation }) => [`${namespace}/${name}`, annotation] as const);
    const annotations = Object.fromEntries(known.filter(([key]) => keys.has(key)));
    return { ...subjectOf(each), verdict: verdictOf(pods, serviceAccounts.length), pods, serviceAccounts, annotations };
  });
  return { subjects, notes };
}

function verdictOf(pods: readonly PodMatch[], accounts: number): Subject['verdict'] {
  const names = new Set(pods.map(({ namespace, name }) => `${namespace}/${name}`));
  if (names.size > 0) return names.size === 1 ? 'found' : 'ambiguous';
  return accounts > 0 ? 'gone' : 'unknown';
}

/** All of them where a pod is gone; else those of the pods. What may not be read is noted: the pods are told all the same. */
async function readAccounts(
  cluster: Cluster,
  within: string | undefined,
  found: readonly (readonly PodMatch[])[],
  notes: string[],
): Promise<NamedAccount[]> {
  const read = async (): Promise<NamedAccount[]> => {
    if (found.some((pods) => pods.length === 0)) return cluster.list(pathOf(within, 'serviceaccounts'), namedAccount);
    const paths = found
      .flat()
      .map(({ namespace, serviceAccount }) => pathOf(namespace, 'serviceaccounts', serviceAccount));
    const accounts = await Promise.all([...new Set(paths)].map((path) => cluster.find(path)));
    return accounts.flatMap((account) => (account === undefined ? [] : [namedAccount(account)]));
  };
  const accounts = await unlessForbidden(read, ({ message, fix }) => {
    notes.push(`${message} ${fix}`);
  });
  return accounts ?? [];
}

/** Beside the right or the server that lacks: what goes without. */
async function withHint<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const detail = error.message.slice(ERRORS[error.code].text.length).trim();
    const way = error.code === 'ClusterForbidden' ? '-n asks one namespace alone, and --offline' : '--offline';
    throw new CodedError(error.code, detail, {
      cause: error,
      fix: `${error.fix} ${way} says what the name says alone.`,
    });
  }
}
