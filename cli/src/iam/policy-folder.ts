/**
 * The folder of `check --policies`: the policies of each role under its ARN.
 *
 *     DIR/111111111111/role/team/base/trust-policy.json
 *     DIR/111111111111/role/team/base/permissions/*.json
 *
 * The folder of a role is its account, then the last part of its ARN. Each file is a policy document, or what the AWS CLI prints
 * of one: `get-role`, `get-role-policy`, `get-policy-version`.
 */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CodedError, isMap } from '@rolechain/shared';
import { readSources, type Source } from '../documents/read-sources.ts';
import type { Surroundings } from '../terminal/command.ts';
import { accountOf } from './chain.ts';
import type { Document, Simulator } from './simulator.ts';

export interface PolicyFile {
  readonly file: string;
  readonly document: Document;
}

/** What the folder has of one role or user. */
export interface Held {
  readonly trustFile: string;
  readonly trust: PolicyFile | undefined;
  readonly permissionsFolder: string;
  readonly permissions: readonly PolicyFile[];
}

export type ReadHeld = (arn: string) => Promise<Held>;

/** Throws FileUnreadable where the folder is not there, and FileInvalid for a file that holds no valid policy. */
export async function openPolicyFolder(folder: string, where: Surroundings, simulator: Simulator): Promise<ReadHeld> {
  if (!(await isFolder(resolve(where.cwd, folder)))) {
    throw new CodedError('FileUnreadable', `${folder} is not a folder.`, { fix: 'Name the folder of the policies.' });
  }
  const read = async (path: string, kind: 'trust' | 'permissions'): Promise<PolicyFile[]> => {
    if (!(await exists(resolve(where.cwd, path)))) return [];
    const sources = await readSources([path], where);
    return sources.map((source) => ({ file: source.name, document: policyIn(source, kind, simulator) }));
  };
  const held = new Map<string, Promise<Held>>();
  return (arn) => {
    const known = held.get(arn);
    if (known) return known;
    const role = join(folder, accountOf(arn) ?? 'unknown', ...segmentsOf(arn));
    const [trustFile, permissionsFolder] = [join(role, 'trust-policy.json'), join(role, 'permissions')];
    const reading = Promise.all([read(trustFile, 'trust'), read(permissionsFolder, 'permissions')]).then(
      ([[trust], permissions]) => ({ trustFile, trust, permissionsFolder, permissions }),
    );
    held.set(arn, reading);
    return reading;
  };
}

/** `role`, path and name. What is no name of a file in every system is written as %XX, and no segment leads out of the folder. */
function segmentsOf(arn: string): string[] {
  const resource = arn.split(':').slice(5).join(':');
  return resource
    .split('/')
    .map((part) => part.replace(/[^\w+=,.@-]/g, (char) => encodeURIComponent(char)))
    .map((part) => (/^\.*$/.test(part) ? part.replaceAll('.', '%2E') || '%' : part));
}

function policyIn({ name, text }: Source, kind: 'trust' | 'permissions', simulator: Simulator): Document {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new CodedError('FileInvalid', `${name} is not JSON.`);
  }
  const document = unwrap(parsed);
  const [problem] = simulator.problemsOf(document, kind);
  if (problem !== undefined) {
    throw new CodedError('FileInvalid', `${name} holds no valid ${NAMES[kind]}: ${problem.slice(0, 512)}.`);
  }
  const { Statement, ...rest } = document as Document;
  return { ...rest, Statement: [Statement].flat() };
}

const NAMES = { trust: 'trust policy', permissions: 'permission policy' } as const;

/** Where the answers of IAM's API hold the document (IAM API reference: Role, GetRolePolicy, PolicyVersion). */
const WRAPPERS = ['Role', 'AssumeRolePolicyDocument', 'PolicyVersion', 'PolicyDocument', 'Document'] as const;

function unwrap(value: unknown): unknown {
  if (!isMap(value) || 'Statement' in value) return value;
  const wrapper = WRAPPERS.find((name) => isMap(value[name]));
  return wrapper === undefined ? value : unwrap(value[wrapper]);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
