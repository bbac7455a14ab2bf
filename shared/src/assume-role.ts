/**
 * The grammar of the annotation `rolechain.io/assume-role`: a bare role ARN, or one YAML or JSON
 * document of the fields below. Fields of later versions are unknown fields here, and refused.
 */
import * as v from 'valibot';
import { LineCounter, parseDocument, type ErrorCode as YAMLCode, type YAMLError } from 'yaml';
import { parseRoleARN } from './arn.ts';
import { CREDENTIAL_SOURCES, STARTUPS, type CredentialSource, type Startup } from './choices.ts';
import { parseDuration } from './duration.ts';
import { DEFAULT_ROLE } from './kubernetes.ts';
import { LIMITS } from './limits.ts';
import { problem, type Checked } from './problem.ts';
import { check, type Schema } from './schema.ts';
import { DEFAULT_SESSION_NAME, PLACEHOLDERS, unknownPlaceholders } from './session-name.ts';

/** A role that a ServiceAccount declares, checked, with its defaults filled in. */
export interface RoleSpec {
  readonly name: string;
  readonly roleARN: string;
  readonly externalID?: string;
  /** Template; resolved in the sidecar, since a generated pod name is unknown at admission. */
  readonly sessionName: string;
  readonly durationSeconds: number;
  /** Region of the containers, and of the STS endpoint unless stsRegion is there. */
  readonly region?: string;
  readonly stsRegion?: string;
  readonly credentialSource: CredentialSource;
  readonly startup: Startup;
}

/** One field of the document: the reference is generated from `limit` and `text`. */
export interface Field {
  readonly schema: Schema<unknown>;
  readonly limit: string;
  readonly text: string;
}

function field(limit: string, text: string, schema: (limit: string) => Schema<unknown>): Field {
  return { limit, text, schema: schema(limit) };
}

const REGION = /^[a-z]{2,5}(?:-[a-z]+){1,3}-\d{1,2}$/;
const region = (limit: string): Schema<string> => v.pipe(v.string(limit), v.regex(REGION, limit));

/** STS API reference, AssumeRole: ExternalId. `\w` in STS's patterns is ASCII. */
const EXTERNAL_ID = /^[\w+=,.@:/-]*$/;
/** What may stand around the placeholders: STS API reference, AssumeRole: RoleSessionName. */
const SESSION_NAME = /^[\w+=,.@{}-]*$/;

export const FIELDS: Readonly<Record<string, Field>> = {
  roleARN: field(
    `an IAM role ARN of ${LIMITS.roleARNMin}-${LIMITS.roleARNMax} characters, arn:aws:iam::<account id>:role/<name>`,
    'The target role.',
    (limit) =>
      v.pipe(
        v.string(limit),
        v.minLength(LIMITS.roleARNMin, limit),
        v.maxLength(LIMITS.roleARNMax, limit),
        v.check((text) => parseRoleARN(text) !== undefined, limit),
      ),
  ),
  externalID: field(
    `text of ${LIMITS.externalIDMin}-${LIMITS.externalIDMax} characters of [A-Za-z0-9_+=,.@:/-] (digits alone in quotes)`,
    'The ExternalId sent with AssumeRole. It is no secret, since it stands in an annotation.',
    (limit) =>
      v.pipe(
        v.string(limit),
        v.minLength(LIMITS.externalIDMin, limit),
        v.maxLength(LIMITS.externalIDMax, limit),
        v.regex(EXTERNAL_ID, limit),
      ),
  ),
  sessionName: field(
    `a template of [A-Za-z0-9_+=,.@-] and ${PLACEHOLDERS.map((p) => `{${p}}`).join(' ')}, at most ${LIMITS.sessionNameTemplateMax} characters`,
    `The RoleSessionName; default \`${DEFAULT_SESSION_NAME}\`. A result over ${LIMITS.sessionNameMax} characters is cut and ends in a hash.`,
    (limit) =>
      v.pipe(
        v.string(limit),
        v.minLength(1, limit),
        v.maxLength(LIMITS.sessionNameTemplateMax, limit),
        v.regex(SESSION_NAME, limit),
        v.check((text) => unknownPlaceholders(text).length === 0, limit),
      ),
  ),
  duration: field(
    `${LIMITS.durationMinSeconds}-${LIMITS.durationMaxChainedSeconds} s, the limits of a chained session, as 1h, 45m or seconds`,
    `How long a session lasts; default 1h. Under ${LIMITS.durationUnwiseSeconds / 60} minutes draws a warning.`,
    (limit) =>
      v.pipe(
        v.unknown(),
        v.transform(parseDuration),
        v.number(limit),
        v.minValue(LIMITS.durationMinSeconds, limit),
        v.maxValue(LIMITS.durationMaxChainedSeconds, limit),
      ),
  ),
  region: field(
    'the name of an AWS Region, such as eu-central-1',
    "Region of the containers and of the STS endpoint; default: the webhook's.",
    region,
  ),
  stsRegion: field('the name of an AWS Region, such as eu-central-1', 'Region of the STS endpoint alone.', region),
  credentialSource: field(
    `one of ${CREDENTIAL_SOURCES.join(', ')}`,
    'The base identity that the chain starts from; default auto. environment only where the admin allows it.',
    (limit) => v.picklist(CREDENTIAL_SOURCES, limit),
  ),
  startup: field(
    `one of ${STARTUPS.join(', ')}`,
    `proceed (default): after ${LIMITS.startupSeconds} s without a first credential the pod starts all the same; require: it does not start.`,
    (limit) => v.picklist(STARTUPS, limit),
  ),
};

interface Document {
  readonly roleARN: string;
  readonly externalID?: string;
  readonly sessionName?: string;
  readonly duration?: number;
  readonly region?: string;
  readonly stsRegion?: string;
  readonly credentialSource?: CredentialSource;
  readonly startup?: Startup;
}

const optional = (name: string): Schema<unknown> => {
  const schema = FIELDS[name]?.schema ?? v.never();
  return name === 'roleARN' ? schema : v.optional(schema);
};
const DOCUMENT = v.strictObject(
  Object.fromEntries(Object.keys(FIELDS).map((name) => [name, optional(name)])),
) as unknown as Schema<Document>;

/**
 * Reads the annotation's value. All problems of a document come together; each names the field, the
 * limit and the fix. Pure; no input throws.
 */
export function parseAssumeRole(text: string): Checked<readonly RoleSpec[]> {
  const document = readDocument(text);
  if (!document.ok) return document;
  const checked = check(DOCUMENT, document.value);
  if (!checked.ok) return checked;
  const { duration, ...fields } = checked.value;
  const durationSeconds = duration ?? LIMITS.durationDefaultSeconds;
  const role: RoleSpec = {
    sessionName: DEFAULT_SESSION_NAME,
    credentialSource: 'auto',
    startup: 'proceed',
    ...fields,
    name: DEFAULT_ROLE,
    durationSeconds,
  };
  return { ok: true, value: [role], warnings: durationWarnings(durationSeconds) };
}

function durationWarnings(seconds: number): string[] {
  if (seconds >= LIMITS.durationUnwiseSeconds) return [];
  return [
    `duration: ${seconds} s is short: SDKs that refresh 15 minutes ahead will ask again and again; 30m or more is better`,
  ];
}

/** The document as plain data, a bare ARN as the document that it stands for. */
function readDocument(text: string): Checked<Record<string, unknown>> {
  const bytes = Buffer.byteLength(text);
  if (bytes > LIMITS.annotationBytes) {
    return failed('DocumentTooLarge', `has ${bytes} bytes; its limit is ${LIMITS.annotationBytes}`);
  }
  const data = readYAML(text);
  if (!data.ok) return data;
  const value = data.value;
  if (typeof value === 'string') return { ok: true, value: { roleARN: value }, warnings: [] };
  if (value === null || value === undefined) return failed('DocumentWrongType', 'is empty');
  if (typeof value !== 'object' || Array.isArray(value)) return failed('DocumentWrongType', 'is not a map of fields');
  return { ok: true, value: value as Record<string, unknown>, warnings: [] };
}

/** YAML 1.2 (and so JSON) with text keys, no repeated key, few aliases and no tags that make objects. */
function readYAML(text: string): Checked<unknown> {
  const lineCounter = new LineCounter();
  try {
    const document = parseDocument(text, { ...YAML_OPTIONS, lineCounter });
    const error = document.errors[0] ?? document.warnings[0];
    if (error) return unreadable(`${explain(error)} at ${place(lineCounter, error)}`);
    return { ok: true, value: document.toJS({ maxAliasCount: LIMITS.yamlAliases }), warnings: [] };
  } catch (error) {
    if (error instanceof RangeError) return unreadable(TOO_DEEP);
    const bomb = error instanceof Error && error.message.startsWith('Excessive alias count');
    return unreadable(
      bomb ? `aliases repeat more than ${LIMITS.yamlAliases} nodes` : 'an alias has no anchor before it',
    );
  }
}

const YAML_OPTIONS = {
  uniqueKeys: true,
  stringKeys: true,
  schema: 'core',
  resolveKnownTags: false,
  logLevel: 'error',
  // Pretty ones quote the document.
  prettyErrors: false,
} as const;
const TOO_DEEP = 'it is nested too deeply';

/** Words for what the parser's own explain badly, or with a piece of the document. */
const MISTAKES: Partial<Record<YAMLCode, string>> = {
  BAD_DIRECTIVE: 'an unknown directive',
  BAD_DQ_ESCAPE: 'an unknown backslash sequence in double quotes',
  DUPLICATE_KEY: 'a field stands twice',
  MULTIPLE_DOCS: 'a second document begins',
  NON_STRING_KEY: "a field's name is not text",
  RESOURCE_EXHAUSTION: TOO_DEEP,
  TAG_RESOLVE_FAILED: 'an unknown tag',
};

/** What is wrong; never a piece of the document, which may be of any field's value. */
function explain({ code, message }: YAMLError): string {
  // Where the stack ends inside of a tag's resolver, the parser calls it a mistake of the tag.
  if (message.includes('Maximum call stack')) return TOO_DEEP;
  const known = MISTAKES[code];
  if (known !== undefined) return known;
  return code === 'UNEXPECTED_TOKEN' ? message.replace(/: .*/s, '') : message;
}

function place(lines: LineCounter, error: YAMLError): string {
  const { line, col } = lines.linePos(error.pos[0]);
  return `line ${line}, column ${col}`;
}

function unreadable(text: string): Checked<never> {
  return failed('DocumentUnreadable', `is not valid YAML: ${text}`);
}

function failed(code: 'DocumentTooLarge' | 'DocumentUnreadable' | 'DocumentWrongType', text: string): Checked<never> {
  return { ok: false, problems: [problem(code, '', text)] };
}
