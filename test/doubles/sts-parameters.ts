/**
 * Double of STS's parameter checks: reads a query-protocol body and holds it against the limits of the service model.
 * Pure. Limits and patterns are those of the model of STS 2011-06-15, whose `\w` is ASCII; names in messages are the
 * model's, in lower camel case, as STS words them.
 *
 * Does not know: SerialNumber, TokenCode, ProvidedContexts, ProviderId. Unknown parameters are passed over, as STS does.
 */
import { deflateRawSync } from 'node:zlib';
import { parseArn } from './iam.ts';
import type { Tags } from './trust.ts';
import * as errors from './sts-errors.ts';
import type { StsError } from './sts-errors.ts';

/** Flat parameters of the body, `Action` and `Version` among them. */
export type Parameters = Readonly<Record<string, string>>;

/** A request that keeps to the limits. `durationSeconds` is the default where none was asked for. */
export type AssumeParameters = {
  roleArn: string;
  sessionName: string;
  durationSeconds: number;
  externalId?: string;
  sourceIdentity?: string;
  tags: Tags;
  transitiveTagKeys: readonly string[];
  webIdentityToken?: string;
  /** What counts toward the packed size, in plain text. */
  policyText: string;
};

const DEFAULT_DURATION = 3600;
/** Plaintext limit of inline and managed session policies together, in characters (API reference of AssumeRole). */
const POLICY_LIMIT = 2048;
/** AWS does not publish the packed limit. Deflate against this many bytes comes out in the same order of size. */
const PACKED_BYTES = 2048;

type Limit = { min: number; max: number; pattern?: string; required?: boolean };
const NAME = '[\\w+=,.@-]*';
/** One character of a tag's key or value. */
const TAG = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]';
const COMMON: Record<string, Limit> = {
  RoleArn: { min: 20, max: 2048, required: true },
  RoleSessionName: { min: 2, max: 64, pattern: NAME, required: true },
};
const POLICY: Limit = { min: 1, max: Infinity, pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+' };
const LIMITS: Record<string, Record<string, Limit>> = {
  AssumeRole: {
    ...COMMON,
    ExternalId: { min: 2, max: 1224, pattern: '[\\w+=,.@:\\/-]*' },
    SourceIdentity: { min: 2, max: 64, pattern: NAME },
    // The model of AssumeRole has no upper limit any more; the documented one is checked with the managed policies.
    Policy: POLICY,
  },
  AssumeRoleWithWebIdentity: {
    ...COMMON,
    WebIdentityToken: { min: 4, max: 20000, required: true },
    Policy: { ...POLICY, max: POLICY_LIMIT },
  },
};

/** Form body to flat parameters. */
export function readParameters(body: Buffer): Parameters {
  return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
}

/** The lists of a request, which the query protocol spreads over many parameters. */
type Lists = { tags: [key: string, value: string][]; transitiveTagKeys: string[]; policyArns: string[] };

/** The checked request, or the answer that STS gives: every violation at once, then the contradictions one by one. */
export function checkParameters(action: string, parameters: Parameters): AssumeParameters | StsError {
  const web = action === 'AssumeRoleWithWebIdentity';
  const lists: Lists = {
    tags: web ? [] : members(parameters, 'Tags').map((member) => [member.Key ?? '', member.Value ?? '']),
    transitiveTagKeys: web ? [] : members(parameters, 'TransitiveTagKeys').map((member) => member[''] ?? ''),
    policyArns: members(parameters, 'PolicyArns').map((member) => member.arn ?? ''),
  };
  const violations = [...fieldViolations(action, parameters), ...listViolations(lists)];
  if (violations.length > 0) return errors.validationErrors(violations);
  const roleArn = parameters.RoleArn ?? '';
  if (parseArn(roleArn) === undefined) return errors.validationError(`${roleArn} is invalid`);
  const policyText = (parameters.Policy ?? '') + lists.policyArns.join('');
  const contradiction = checkPolicy(parameters.Policy, policyText) ?? checkTagKeys(lists);
  if (contradiction !== undefined) return contradiction;
  return {
    roleArn,
    sessionName: parameters.RoleSessionName ?? '',
    durationSeconds: Number(parameters.DurationSeconds ?? DEFAULT_DURATION),
    ...only('externalId', web ? undefined : parameters.ExternalId),
    ...only('sourceIdentity', web ? undefined : parameters.SourceIdentity),
    ...only('webIdentityToken', parameters.WebIdentityToken),
    tags: Object.fromEntries(lists.tags),
    transitiveTagKeys: lists.transitiveTagKeys,
    policyText,
  };
}

/** Percent of the packed limit, undefined where there is nothing to pack. Above 100 the request fails. */
export function packedPercent(policyText: string, tags: Tags): number | undefined {
  const pairs = Object.entries(tags);
  if (policyText === '' && pairs.length === 0) return undefined;
  const packed = deflateRawSync(JSON.stringify([policyText, pairs])).length;
  return Math.ceil((100 * packed) / PACKED_BYTES);
}

function fieldViolations(action: string, parameters: Parameters): string[] {
  const fields = Object.entries(LIMITS[action] ?? {});
  return [
    ...fields.flatMap(([name, limit]) => violationsOf(lowerCamel(name), parameters[name], limit)),
    ...durationViolations(parameters.DurationSeconds),
  ];
}

function listViolations({ tags, transitiveTagKeys, policyArns }: Lists): string[] {
  return [
    ...countViolations('tags', tags.length, 50),
    ...tags.flatMap(([key, value], i) => [
      ...violationsOf(`tags.${i + 1}.member.key`, key, { min: 1, max: 128, pattern: `${TAG}+` }),
      ...violationsOf(`tags.${i + 1}.member.value`, value, { min: 0, max: 256, pattern: `${TAG}*` }),
    ]),
    ...countViolations('transitiveTagKeys', transitiveTagKeys.length, 50),
    ...transitiveTagKeys.flatMap((key, i) =>
      violationsOf(`transitiveTagKeys.${i + 1}.member`, key, { min: 1, max: 128, pattern: `${TAG}+` }),
    ),
    ...countViolations('policyArns', policyArns.length, 10),
    ...policyArns.flatMap((arn, i) => violationsOf(`policyArns.${i + 1}.member.arn`, arn, { min: 20, max: 2048 })),
  ];
}

function violationsOf(name: string, value: string | undefined, limit: Limit): string[] {
  const say = (shown: string, constraint: string): string =>
    `Value ${shown} at '${name}' failed to satisfy constraint: Member must ${constraint}`;
  if (value === undefined) return limit.required === true ? [say('null', 'not be null')] : [];
  const shown = `'${value}'`;
  const length = Array.from(value).length;
  return [
    ...(length < limit.min ? [say(shown, `have length greater than or equal to ${limit.min}`)] : []),
    ...(length > limit.max ? [say(shown, `have length less than or equal to ${limit.max}`)] : []),
    ...(limit.pattern !== undefined && !new RegExp(`^(?:${limit.pattern})$`, 'u').test(value)
      ? [say(shown, `satisfy regular expression pattern: ${limit.pattern}`)]
      : []),
  ];
}

function durationViolations(text: string | undefined): string[] {
  if (text === undefined) return [];
  const at = `Value '${text}' at 'durationSeconds' failed to satisfy constraint: Member must have value`;
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 900) return [`${at} greater than or equal to 900`];
  return seconds > 43200 ? [`${at} less than or equal to 43200`] : [];
}

function countViolations(name: string, count: number, max: number): string[] {
  if (count <= max) return [];
  return [`Value at '${name}' failed to satisfy constraint: Member must have length less than or equal to ${max}`];
}

function checkPolicy(policy: string | undefined, policyText: string): StsError | undefined {
  if (policyText.length > POLICY_LIMIT) {
    return errors.packedPolicyTooLarge(Math.ceil((100 * policyText.length) / POLICY_LIMIT));
  }
  if (policy === undefined) return undefined;
  try {
    const document: unknown = JSON.parse(policy);
    const whole = typeof document === 'object' && document !== null && 'Statement' in document;
    return whole ? undefined : errors.malformedPolicy('Syntax errors in policy.');
  } catch {
    return errors.malformedPolicy('The policy is not in the valid JSON format.');
  }
}

function checkTagKeys({ tags, transitiveTagKeys }: Lists): StsError | undefined {
  const keys = new Set(tags.map(([key]) => key.toLowerCase()));
  if (keys.size < tags.length) return errors.invalidParameterValue(errors.DUPLICATE_TAGS);
  if (transitiveTagKeys.every((key) => keys.has(key.toLowerCase()))) return undefined;
  return errors.invalidParameterValue(errors.TRANSITIVE_KEY_WITHOUT_TAG);
}

/** Members of a query-protocol list in the order of their numbers: `Tags.member.1.Key=a` gives `{Key: 'a'}`. */
function members(parameters: Parameters, name: string): Record<string, string>[] {
  const found = new Map<number, Record<string, string>>();
  for (const [key, value] of Object.entries(parameters)) {
    const match = new RegExp(`^${name}\\.member\\.(\\d+)(?:\\.(\\w+))?$`).exec(key);
    if (match === null) continue;
    const index = Number(match[1]);
    found.set(index, { ...found.get(index), [match[2] ?? '']: value });
  }
  return [...found].sort(([a], [b]) => a - b).map(([, member]) => member);
}

function lowerCamel(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}

function only<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, string>>);
}
