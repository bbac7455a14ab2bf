/** Whether a pattern of `rolechain.io/allowed-roles` can match a role's ARN at all. Pure. */
import { arnMatcher, show } from '@rolechain/shared';

const PARTS = 6;
const LOOKS_LIKE = 'a pattern looks like arn:aws:iam::222222222222:role/team/*';

/** Why the pattern matches no role of any account, as a clause; undefined where it may match one. */
export function patternFault(pattern: string): string | undefined {
  const parts = pattern.split(':');
  if (parts.length < PARTS) return `has ${parts.length} of the ${PARTS} parts that colons separate; ${LOOKS_LIKE}`;
  const [arn = '', partition = '', service = '', region = '', account = '', ...rest] = parts;
  const resource = rest.join(':');
  if (!matches(arn, 'arn')) return 'does not begin with arn:';
  if (!/^[a-z*?-]+$/.test(partition)) return `has ${show(partition)} for the partition, such as aws or aws-cn`;
  if (!matches(service, 'iam')) return `has ${show(service)} for the service; that of roles is iam`;
  if (!matches(region, '')) return `has ${show(region)} for the Region; roles have none`;
  if (!isAccount(account)) return `has ${show(account)} for the account ID, which has 12 digits`;
  if (!canBeRole(resource)) return `has ${show(resource)} for the resource, which begins with role/`;
  return undefined;
}

/** By the matcher of whole ARNs, so that both read a glob alike. */
function matches(glob: string, text: string): boolean {
  return arnMatcher(`${glob}:::::`)(`${text}:::::`);
}

/** Twelve digits, or a glob that they can match. */
function isAccount(glob: string): boolean {
  if (!/^[\d*?]*$/.test(glob)) return false;
  const { length } = glob.replaceAll('*', '');
  return glob.includes('*') ? length <= 12 : length === 12;
}

/** Whether a text that begins with `role/` and goes on can match: up to the first star each character counts. */
function canBeRole(glob: string): boolean {
  const star = glob.indexOf('*');
  const before = star < 0 ? glob : glob.slice(0, star);
  const isPrefix = Array.from('role/').every(
    (char, at) => at >= before.length || [char, '?'].includes(before.charAt(at)),
  );
  return isPrefix && (star >= 0 || before.length > 'role/'.length);
}
