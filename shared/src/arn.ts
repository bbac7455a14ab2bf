import { LIMITS } from './limits.ts';

/** An IAM role's ARN, taken apart. */
export interface RoleARN {
  readonly partition: string;
  readonly account: string;
  /** Path and name, without a leading slash: `team/orders`. */
  readonly resource: string;
}

// IAM API reference, CreateRole: a path is at most 512 of printable ASCII, slashes at both ends included; a name
// is 1-64 of [\w+=,.@-].
const ROLE_ARN = /^arn:(aws(?:-[a-z]+)*):iam::(\d{12}):role\/((?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,64})$/;

/** Takes a role ARN of any partition apart; undefined when it is none. */
export function parseRoleARN(text: string): RoleARN | undefined {
  const match = text.length > LIMITS.roleARNMax ? null : ROLE_ARN.exec(text);
  if (!match) return undefined;
  const [, partition = '', account = '', resource = ''] = match;
  return { partition, account, resource };
}
