/** Policy documents of IAM as data, with values that are not known or not to be printed. Pure. */

/** What stands where a value is unknown or secret: a variable of Terraform, a parameter of CloudFormation. */
export interface Unknown {
  readonly name: string;
  /** What to give for it. */
  readonly text: string;
  /** Whether the value is one between two companies: kept out of outputs of Terraform and CloudFormation. */
  readonly secret: boolean;
}

export type Value = string | Unknown;
export type Values = Value | readonly Value[];

/** Operator → condition key → values. */
export type Conditions<V = Values> = Readonly<Record<string, Readonly<Record<string, V>>>>;

export interface Principal<V = Value> {
  readonly AWS?: V;
  readonly Service?: string;
  readonly Federated?: V;
}

/** Of a trust policy with `Principal`, of a permission policy with `Resource`. */
export interface Statement<V extends Values = Value, Vs = Values> {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal?: Principal<V>;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Conditions<Vs>;
}

export interface PolicyDocument<V extends Values = Value, Vs = Values> {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement<V, Vs>[];
}

/** A document whose values are all text. */
export type PlainDocument = PolicyDocument<string, string | readonly string[]>;

export const isUnknown = (value: unknown): value is Unknown =>
  typeof value === 'object' && value !== null && 'secret' in value && 'name' in value;

/**
 * What stands for an unknown value in plain JSON: no ARN, no external ID and no issuer has these characters, so a policy in
 * which it is left is refused by IAM, or never matches.
 */
export const placeholder = ({ name }: Unknown): string => `<${name}>`;

/** The document with each unknown value written by `write`. */
export function fillIn(document: PolicyDocument, write: (unknown: Unknown) => string = placeholder): PlainDocument {
  return mapValues(document, (value) => (isUnknown(value) ? write(value) : value)) as PlainDocument;
}

/** Every unknown value of the documents, once each. */
export function unknownsOf(documents: readonly PolicyDocument[]): Unknown[] {
  const found = new Map<string, Unknown>();
  for (const document of documents) {
    mapValues(document, (value) => {
      if (isUnknown(value)) found.set(value.name, value);
      return value;
    });
  }
  return [...found.values()];
}

function mapValues(value: unknown, change: (leaf: unknown) => unknown): unknown {
  if (isUnknown(value) || typeof value !== 'object' || value === null) return change(value);
  if (Array.isArray(value)) return value.map((item: unknown) => mapValues(item, change));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapValues(item, change)]));
}

/** Statements without repeats, each with a Sid of its own: IAM refuses a policy in which one stands twice. */
export function documentOf(statements: readonly Statement[]): PolicyDocument {
  const distinct = [...new Map(statements.map((statement) => [JSON.stringify(statement), statement])).values()];
  const used = new Map<string, number>();
  const named = distinct.map((statement) => {
    const count = (used.get(statement.Sid) ?? 0) + 1;
    used.set(statement.Sid, count);
    return count === 1 ? statement : { ...statement, Sid: `${statement.Sid}${count}` };
  });
  return { Version: '2012-10-17', Statement: named };
}
