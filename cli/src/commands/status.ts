/** `rolechain status`: the credentials of pods, once or on each change. */
import { CodedError } from '@rolechain/shared';
import { connect, type Cluster } from '../cluster/client.ts';
import type { StatusReport } from '../report-schemas/status.ts';
import { readStatus } from '../status/read-pods.ts';
import { isFinding, statusText } from '../status/text.ts';
import { watch } from '../status/watch.ts';
import type { Call, Outcome, Run } from '../terminal/command.ts';

const MAX_SECONDS = 3600;

export const run: Run = async (call) => {
  const { args, options, surroundings } = call;
  const every = secondsOf(options.every);
  const cluster = await connect(call);
  const namespace = namespaceOf(call, cluster);
  if (args[0] !== undefined && options.allNamespaces === true) {
    throw new CodedError('UsageInvalid', 'A namespace and --all-namespaces exclude each other.');
  }
  const read = (): Promise<StatusReport> => readStatus(cluster, namespace, surroundings.now);
  const outcomeOf = (report: StatusReport): Outcome => ({
    report,
    text: (colours) => statusText(report, surroundings.now(), colours),
    isFinding: report.pods.some(isFinding) || report.strays.length > 0,
  });
  if (options.watch !== true) return outcomeOf(await read());
  await watch({ call, read, outcomeOf, ms: every * 1000 });
  return undefined;
};

function namespaceOf({ args, options }: Call, cluster: Cluster): string | undefined {
  if (options.allNamespaces === true) return undefined;
  return typeof args[0] === 'string' ? args[0] : cluster.namespace;
}

function secondsOf(every: unknown): number {
  const seconds = Number(every);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  throw new CodedError('UsageInvalid', `--every takes a whole number of 1-${MAX_SECONDS} seconds.`);
}
