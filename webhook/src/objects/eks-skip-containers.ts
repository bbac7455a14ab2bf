/**
 * The EKS webhook's annotation `skip-containers`: one CSV record of names, none of them trimmed; where it is none, no
 * container is skipped (handler.go, getContainersToSkip). Whatever rolechain changes in it is written again as one clean
 * record, which says the same to every reader: what the EKS webhook doesn't read is gone then. Pure.
 */
import { DNS_LABEL, LIMITS } from '@rolechain/shared';
import { readCSVRecord, writeCSVRecord } from './csv-record.ts';

/** The names that the EKS webhook reads in it. */
export function skippedByEks(value: string | undefined): readonly string[] {
  return read(value)?.fields ?? [];
}

/** The value with these names in it; as it is where they are there already. */
export function withSkipped(value: string | undefined, names: readonly string[]): string | undefined {
  const before = skippedByEks(value);
  const there = new Set(before);
  // The API refuses a pod whose container has another name.
  const missing = names.filter((name) => DNS_LABEL.test(name) && !there.has(name));
  return missing.length === 0 ? value : writeCSVRecord([...before, ...missing]);
}

/** The value without these names; as it is where none of them is there, undefined where no name is left. */
export function withoutSkipped(value: string | undefined, names: readonly string[]): string | undefined {
  const before = skippedByEks(value);
  const gone = new Set(names);
  const rest = before.filter((name) => !gone.has(name));
  if (rest.length === before.length) return value;
  return rest.length === 0 ? undefined : writeCSVRecord(rest);
}

/** What its author may not know of a value, which stands under this key, that the EKS webhook doesn't read, or not to its end. */
export function skippedWarnings(value: string | undefined, key: string): string[] {
  if (!value) return [];
  const record = read(value);
  if (!record)
    return [`${key} is not a CSV record, so that the EKS webhook skips no container: write names with commas between`];
  return record.more
    ? [`${key} has more than one line, of which the EKS webhook reads the first: write all names in one`]
    : [];
}

/** A longer one is refused where a pod comes in (annotation-limits.ts), and left alone by `uninject`. */
function read(value: string | undefined): ReturnType<typeof readCSVRecord> {
  const limit = LIMITS.eksSkipContainersBytes + LIMITS.eksSkipContainersAddedBytes;
  return value === undefined || value.length > limit ? undefined : readCSVRecord(value);
}
