/** What a command is, and what it is given. The program around it (program.ts) parses, prints and sets the exit code. */
import type { Readable } from 'node:stream';
import type { Colors } from './colours.ts';

/** 0: all well. 1: something was found that a person should see. 2: the command could not be understood or done. */
export const EXIT = { ok: 0, finding: 1, usage: 2 } as const;

export const OUTPUTS = ['text', 'json', 'yaml'] as const;
export type Output = (typeof OUTPUTS)[number];

/** The process as a command sees it: a test gives another. */
export interface Surroundings {
  readonly stdin: Readable;
  readonly out: (text: string) => void;
  /** For notes beside the report; in no output form part of it. */
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly now: () => Date;
  /** Whether standard output is a terminal that shows colours. */
  readonly hasColours: boolean;
  /** Ends what lasts (`--watch`): SIGINT, or the reader of standard output has gone. */
  readonly signal: AbortSignal;
}

/** An option as commander writes it: `-f, --file <path>`. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  /** May be given several times: its value is a list. */
  readonly isList?: boolean;
  /** What a shell completes its value with. */
  readonly completes?: 'file' | 'folder' | 'namespace' | 'context';
}

export interface ArgumentSpec {
  /** `<name>`, `[name]` or `[names...]`. */
  readonly name: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** What to do where it is none of these. */
  readonly otherwise?: string;
}

export interface CommandSpec {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What it does and what it never does; shown by --help. */
  readonly description: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Whether it speaks to a cluster: it then has --kubeconfig, --context and --namespace. */
  readonly asksCluster: boolean;
  /** Shown by --help; at least one. */
  readonly examples: readonly { readonly command: string; readonly says: string }[];
  /** The command itself, loaded when it is called: the others cost it no time. */
  readonly load: () => Promise<{ readonly run: Run }>;
}

export interface Call {
  /** As they were given; a variadic one is a list. */
  readonly args: readonly (string | readonly string[] | undefined)[];
  /** By the option's long name in camel case, as commander gives them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly output: Output;
  readonly surroundings: Surroundings;
}

export interface Outcome {
  /** The JSON form, with a schema in docs/schemas/cli. Nothing secret. */
  readonly report: unknown;
  /** The same for people. */
  readonly text: (colours: Colors) => string;
  /** Whether there is something that a person should see: exit code 1. */
  readonly isFinding: boolean;
}

/** Throws CodedError for what can't be done; the program prints code, text and fix. `undefined`: it has printed itself. */
export type Run = (call: Call) => Promise<Outcome | undefined>;
