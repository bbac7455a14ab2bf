import { LIMITS } from './limits.ts';

/** An IAM role's ARN, taken apart. */
export interface RoleARN {
  readonly partition: string;
  readonly account: string;
  /** Path and name, without a leading slash: `team/orders`. */
  readonly resource: string;
}

/** Characters of a role's path, slashes at both ends included, and of its name: IAM API reference, CreateRole. */
const PATH_MAX = 512;
const NAME_MAX = 64;

// IAM API reference, CreateRole: a path is at most 512 of printable ASCII, slashes at both ends included; a name
// is 1-64 of [\w+=,.@-].
export const ROLE_ARN_PATTERN =
  /^arn:(aws(?:-[a-z]+)*):iam::(\d{12}):role\/((?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,64})$/;

/** Takes a role ARN of any partition apart; undefined when it is none. */
export function parseRoleARN(text: string): RoleARN | undefined {
  const match = text.length > LIMITS.roleARNMax ? null : ROLE_ARN_PATTERN.exec(text);
  if (!match) return undefined;
  const [, partition = '', account = '', resource = ''] = match;
  return { partition, account, resource };
}

/** An IAM role ARN by its parts, each of any text. */
const PARTS = 6;

/**
 * What is wrong with a text that should be a role ARN, as a clause about it: `the account ID has 11 digits, not 12`.
 * Undefined where nothing more can be said than what the whole looks like. In time that grows with the text.
 */
export function roleARNFault(text: string): string | undefined {
  if (text.length > LIMITS.roleARNMax) return `it has ${text.length} characters`;
  if (text !== text.trim()) return 'white space stands around it';
  const [arn = '', partition = '', service = '', region = '', account = '', ...rest] = text.split(':');
  if (arn !== 'arn' || rest.length !== PARTS - 5) return undefined;
  const [resource = ''] = rest;
  if (!/^aws(?:-[a-z]+)*$/.test(partition)) return 'its second part is not a partition, such as aws or aws-cn';
  const session = service === 'sts' ? /^assumed-role\/([^/]+)\//.exec(resource) : null;
  if (session)
    return `it is the ARN of a session; that of its role is arn:${partition}:iam::${account}:role/${session[1]}`;
  if (service !== 'iam') return 'its third part, the service, is not iam';
  if (region !== '') return 'its fourth part, the Region, is not empty';
  if (!/^\d{12}$/.test(account)) {
    return /^\d+$/.test(account)
      ? `the account ID has ${account.length} digits, not 12`
      : 'the account ID is not 12 digits';
  }
  if (!resource.startsWith('role/')) return 'its last part does not begin with role/';
  const [path, name] = [
    resource.slice(0, resource.lastIndexOf('/') + 1),
    resource.slice(resource.lastIndexOf('/') + 1),
  ];
  if (!/^[\x21-\x7e]+$/.test(path)) return 'the path of the role holds other characters than printable ASCII';
  if (path.length - 'role'.length > PATH_MAX) return `the path of the role has more than ${PATH_MAX} characters`;
  if (name === '') return 'the name of the role is missing';
  if (name.length > NAME_MAX) return `the name of the role has ${name.length} characters; IAM takes ${NAME_MAX}`;
  return 'the name of the role is not of letters, digits and +=,.@_-';
}
