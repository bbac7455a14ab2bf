/**
 * What a role ARN may be, by the grammar that an annotation was read with. What admission took, the sidecar's
 * start takes too, so its configuration names the grammar.
 */
import * as v from 'valibot';
import { parseRoleARN, roleARNFault } from '../arn.ts';
import { LIMITS } from '../limits.ts';
import type { Schema } from '../schema.ts';

/** `flux`: Flux's annotation, which is laxer about role ARNs; `rolechain`: everything else. */
export type Grammar = 'rolechain' | 'flux';

export const ROLE_ARN_LIMIT = `an IAM role ARN of ${LIMITS.roleARNMin}-${LIMITS.roleARNMax} characters, arn:aws:iam::<12-digit account ID>:role/<name>`;
const FLUX_LIMIT = 'an IAM role ARN, arn:aws:iam::<account id>:role/<name>';

/** Every role ARN that Flux takes (fluxcd/pkg, auth); it leaves the finer points to STS. */
export const FLUX_ROLE_ARN = /^arn:aws[\w-]*:iam::\d{1,30}:role\/[^\n]{1,200}$/u;

export const ROLE_ARN: Readonly<Record<Grammar, Schema<string>>> = {
  rolechain: v.pipe(
    v.string(ROLE_ARN_LIMIT),
    v.check(
      (arn) => arn.length >= LIMITS.roleARNMin && parseRoleARN(arn) !== undefined,
      ({ input }) => withFault(ROLE_ARN_LIMIT, input),
    ),
  ),
  flux: v.pipe(v.string(FLUX_LIMIT), v.regex(FLUX_ROLE_ARN, FLUX_LIMIT)),
};

function withFault(expects: string, arn: string): string {
  const fault = roleARNFault(arn);
  return fault === undefined ? expects : `${expects}: ${fault}`;
}
