/** What `whois` is asked about: an assumed-role ARN, a session name, or CloudTrail records. Pure. */
import { CodedError, LIMITS } from '@rolechain/shared';
import { mapOf, textAt } from '../objects/fields.ts';
import type { TrailEvent } from '../report-schemas/whois.ts';

export interface Asked {
  readonly session: string;
  /** Of the role, without its path where an assumed-role ARN told it: STS leaves that out. */
  readonly role: { readonly account: string; readonly name: string; readonly arn: string | null } | undefined;
  readonly event: TrailEvent | null;
}

const SESSION = /^[\w+=,.@-]{2,64}$/;
/** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` (IAM User Guide, identifiers). */
const ASSUMED = /^arn:aws[a-z0-9-]*:sts::(\d{12}):assumed-role\/([\w+=,.@-]{1,64})\/([\w+=,.@-]{2,64})$/;
const ROLE = /^arn:aws[a-z0-9-]*:iam::(\d{12}):role\/(?:[\x21-\x7e]{1,512}\/)?([\w+=,.@-]{1,64})$/;

/** Throws UsageInvalid. */
export function askedOf(text: string): Asked {
  const asked = sessionOf(text);
  if (asked !== undefined) return asked;
  throw new CodedError('UsageInvalid', 'It is neither an assumed-role ARN nor a session name.', {
    fix: 'Give arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION, SESSION, or a CloudTrail record (-f).',
  });
}

function sessionOf(text: string): Asked | undefined {
  if (text.length > LIMITS.roleARNMax) return undefined;
  const [, account, name, session] = ASSUMED.exec(text) ?? [];
  if (account !== undefined && name !== undefined && session !== undefined)
    return { session, role: { account, name, arn: null }, event: null };
  return SESSION.test(text) ? { session: text, role: undefined, event: null } : undefined;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * The sessions that records name, each once: one record, `{"Records": [...]}` as CloudTrail writes it to S3, `{"Events": [...]}` as
 * `aws cloudtrail lookup-events` prints it, or one record a line. Throws FileInvalid.
 */
export function askedOfRecords(name: string, source: string): Asked[] {
  const found = recordsOf(parse(name, source)).flatMap(askedOfRecord);
  if (found.length === 0) {
    throw new CodedError('FileInvalid', `${name} has no CloudTrail record of an assumed role.`, {
      fix: 'Give records whose userIdentity.type is AssumedRole, or of AssumeRole itself.',
    });
  }
  const byName = new Map<string, Asked>();
  for (const asked of found) {
    const key = `${asked.role?.account ?? ''}/${asked.role?.name ?? ''}/${asked.session}`;
    const before = byName.get(key);
    // The record of AssumeRole has the tags; those of what was done with the session have none.
    if (before === undefined || (asked.event && Object.keys(asked.event.tags).length > 0)) byName.set(key, asked);
  }
  return [...byName.values()];
}

function parse(name: string, source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    try {
      return source.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as unknown]));
    } catch (error) {
      // V8's message quotes the text.
      throw new CodedError('FileInvalid', `${name} is not JSON.`, {
        cause: error,
        fix: 'Give CloudTrail records as JSON.',
      });
    }
  }
}

function recordsOf(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(recordsOf);
  const { Records, Events, CloudTrailEvent, ...record } = mapOf(value);
  if (Array.isArray(Records)) return Records.map(mapOf);
  if (Array.isArray(Events)) return Events.flatMap(recordsOf);
  const inner = textAt(CloudTrailEvent);
  if (inner !== undefined) return recordsOf(parse('CloudTrailEvent', inner));
  return [record];
}

/** The session that a call of STS made, or else the one that the call was made with. */
function askedOfRecord(record: Json): Asked[] {
  const { requestParameters, responseElements, userIdentity } = record;
  const parameters = mapOf(requestParameters);
  const made = textAt(mapOf(mapOf(responseElements).assumedRoleUser).arn);
  const asked = textAt(parameters.roleSessionName);
  const event = eventOf(record, parameters);
  if (made !== undefined || asked !== undefined) {
    const base = made === undefined ? undefined : sessionOf(made);
    const role = roleOf(textAt(parameters.roleArn)) ?? base?.role;
    const session = base?.session ?? asked ?? '';
    return SESSION.test(session) ? [{ session, role, event }] : [];
  }
  const { type, arn, sessionContext } = mapOf(userIdentity);
  const base = type === 'AssumedRole' ? sessionOf(textAt(arn) ?? '') : undefined;
  if (base === undefined) return [];
  const issuer = roleOf(textAt(mapOf(mapOf(sessionContext).sessionIssuer).arn));
  return [{ ...base, role: issuer ?? base.role, event }];
}

function roleOf(arn: string | undefined): Asked['role'] {
  if (arn === undefined || arn.length > LIMITS.roleARNMax) return undefined;
  const [, account, name] = ROLE.exec(arn) ?? [];
  return account === undefined || name === undefined ? undefined : { account, name, arn };
}

function eventOf(record: Json, parameters: Json): TrailEvent {
  const { eventName, eventTime, userIdentity } = record;
  const { tags, principalTags, incomingTransitiveTags, sourceIdentity } = parameters;
  const { sourceIdentity: set } = mapOf(mapOf(userIdentity).sessionContext);
  const listed = (Array.isArray(tags) ? tags : []).map(mapOf).map(({ key, value }) => [key, value] as const);
  const all = [...Object.entries(mapOf(incomingTransitiveTags)), ...Object.entries(mapOf(principalTags)), ...listed];
  const known = all.flatMap(([key, value]) => (textAt(key) && textAt(value) ? [[key, value] as [string, string]] : []));
  return {
    name: textAt(eventName) ?? '',
    time: textAt(eventTime) ?? '',
    sourceIdentity: textAt(sourceIdentity) ?? textAt(set) ?? null,
    tags: Object.fromEntries(known.slice(0, 2 * LIMITS.tags)),
  };
}
