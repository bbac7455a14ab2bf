import { assumeRoleWithWebIdentity, type StsOptions } from '../sts/assume-role.ts';
import type { IrsaPlan } from '../model/plan.ts';
import type { Source } from '../model/session.ts';

/** IRSA: a web identity token against the account's `eks.amazonaws.com/role-arn`. */
export function irsa(
  plan: IrsaPlan,
  token: () => Promise<string>,
  options: StsOptions,
  assume = assumeRoleWithWebIdentity,
): Source {
  const { roleARN, sessionName, stsRegion } = plan;
  return async () => assume({ token: await token(), roleARN, sessionName, stsRegion }, options);
}
