import { assumeRoleWithWebIdentity, type StsOptions } from '../assume.ts';
import type { WebIdentityPlan } from '../plan.ts';
import type { Source } from '../session.ts';
import { readTokenFile } from './token-file.ts';

/** IRSA: the projected token against the account's `eks.amazonaws.com/role-arn`. */
export function irsa(plan: WebIdentityPlan, tokenFile: string, options: StsOptions): Source {
  const { roleARN, sessionName, stsRegion } = plan;
  return async () => {
    const token = await readTokenFile(tokenFile);
    return assumeRoleWithWebIdentity({ token, roleARN, sessionName, stsRegion }, options);
  };
}
