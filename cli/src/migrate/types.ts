/** What is found of other tools, before it is put together by ServiceAccount. */
import type { Output, writtenRole } from '@rolechain/shared';
import type { TOOLS } from '../report-schemas/migrate.ts';

export type Tool = (typeof TOOLS)[number];

/** A role as the annotation writes it. */
export type WrittenRole = Output<typeof writtenRole>;

/** An object of the API, as raw JSON. */
export type KubeObject = Readonly<Record<string, unknown>>;

/** Where something was found: an object, or a file, and the field in it. */
export interface Origin {
  readonly tool: Tool;
  readonly object: string;
  readonly field: string;
}

export interface AccountRef {
  readonly namespace: string;
  /** Undefined where nothing says whose pods use it. */
  readonly name: string | undefined;
}

/** A container, or all of a workload's (`*`), that used the role. */
export interface Use {
  readonly workload: string;
  readonly container: string;
}

/** A role that the pods of a ServiceAccount assumed by another tool. */
export interface Wanted {
  readonly account: AccountRef;
  /** What it may be called where the ServiceAccount declares several. */
  readonly name: string;
  readonly role: WrittenRole;
  readonly origin: Origin;
  readonly uses: readonly Use[];
  /** The role of a web identity that its chain starts from: `eks.amazonaws.com/role-arn` of the ServiceAccount. */
  readonly baseRoleARN?: string;
}

/** What does not carry over. Never a value of the field. */
export interface Left extends Origin {
  readonly why: string;
  readonly fix: string;
}

/** What a person does beside applying what is printed. */
export interface Step {
  readonly object: string;
  readonly text: string;
}

export interface AllowedRoles {
  readonly namespace: string;
  readonly patterns: readonly string[];
  readonly origin: Origin;
}

export interface Found {
  readonly wanted: readonly Wanted[];
  readonly left: readonly Left[];
  readonly steps: readonly Step[];
  readonly allowed: readonly AllowedRoles[];
}

export const NOTHING: Found = { wanted: [], left: [], steps: [], allowed: [] };

export function join(found: readonly Found[]): Found {
  return {
    wanted: found.flatMap(({ wanted }) => wanted),
    left: found.flatMap(({ left }) => left),
    steps: found.flatMap(({ steps }) => steps),
    allowed: found.flatMap(({ allowed }) => allowed),
  };
}
