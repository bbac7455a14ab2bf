/** What the webhook's log says of a decision on a pod: which pod, whose, which roles, and who asked. Pure. */
import { modeFields, type Mode } from './audit.ts';
import type { Decision } from '../policy/decision.ts';
import { fieldsOf, serviceAccountNameOf } from '../objects/pod.ts';
import { cut } from '../objects/truncate.ts';

/** What of a review the line names. */
export interface Reviewed {
  readonly uid: string;
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly pod: unknown;
  /** Who sent the request, by the apiserver's word. */
  readonly user: string;
}

/** A line as a whole; what pino adds is within the margin. */
const LINE_BYTES = 4096 - 256;
/** Of a name, an ARN, a user. */
const TEXT_CHARS = 256;
const ROLES = 8;

type Fields = Readonly<Record<string, unknown>>;

/** Fields of the line, cut where they are longer than a line may be: first warnings are left out, then the message is cut. */
export function decisionFields(
  { uid, namespace, dryRun, pod, user }: Reviewed,
  decision: Decision,
  mode: Mode,
): Fields {
  const { outcome, reason, warnings } = decision;
  const fields: Fields = {
    uid: cut(uid, TEXT_CHARS),
    account: pod === undefined ? '' : `${namespace}/${serviceAccountNameOf(pod)}`,
    ...(pod === undefined ? {} : podFields(pod)),
    ...(user === '' ? {} : { user: shown(user) }),
    outcome,
    reason,
    ...(decision.outcome === 'injected' ? { roles: rolesOf(decision.roles) } : {}),
    dryRun,
    ...modeFields(mode),
  };
  const room = (): number => LINE_BYTES - bytes(fields);
  const error = decision.outcome === 'refused' ? { error: within(decision.message, room()) } : {};
  const left = room() - bytes(error);
  const told = warnings.filter((_, i) => bytes({ warnings: warnings.slice(0, i + 1), warningsLeftOut: 99 }) <= left);
  const leftOut = warnings.length - told.length;
  return {
    ...fields,
    ...error,
    ...(told.length > 0 ? { warnings: told } : {}),
    ...(leftOut > 0 ? { warningsLeftOut: leftOut } : {}),
  };
}

/** A pod that a controller makes has no name yet at its admission: what the name will begin with, and the owner. */
function podFields(pod: unknown): Fields {
  const { name, generateName, ownerReferences } = fieldsOf(fieldsOf(pod).metadata);
  const owners = Array.isArray(ownerReferences) ? ownerReferences.map(fieldsOf) : [];
  const owner = owners.find(({ controller }) => controller === true) ?? owners[0];
  return {
    ...(isText(name) ? { pod: shown(name) } : isText(generateName) ? { pod: `${shown(generateName)}*` } : {}),
    ...(owner ? { owner: shown(`${String(owner.kind)}/${String(owner.name)}`) } : {}),
  };
}

function rolesOf(roles: readonly { readonly name: string; readonly roleARN: string }[]): readonly string[] {
  const told = roles.slice(0, ROLES).map(({ name, roleARN }) => `${name}=${shown(roleARN)}`);
  return roles.length > ROLES ? [...told, `and ${roles.length - ROLES} more`] : told;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** A JSON web token has no business in a name. */
const JWT = /\beyJ[\w-]{8,}/g;

function shown(text: string): string {
  return cut(text, TEXT_CHARS)
    .replace(JWT, '<token>')
    .replace(/\p{Cc}/gu, ' ');
}

/** The text as far as its JSON has room. */
function within(text: string, room: number): string {
  let chars = text.length;
  while (chars > 0 && bytes({ error: text.slice(0, chars) }) > room) chars = Math.floor(chars * 0.9);
  return chars === text.length ? text : `${text.slice(0, Math.max(0, chars - 3))}...`;
}

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
