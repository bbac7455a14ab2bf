/** What a refusal of STS says that names no policy, as several ways quote it. */

export const WITH_EXTERNAL_ID = {
  cause:
    'STS does not say why: another ExternalId in the trust policy, a missing statement there or in the permissions, or no such role.',
  fix: 'Check 1. the ExternalId against the trust policy of …; 2. that it has {"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"…"},"Condition":{"StringEquals":{"sts:ExternalId":"<ExternalId>"}}}; 3. that the permissions of … have {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"…"}; 4. roleARN.',
};
export const WITHOUT_EXTERNAL_ID = {
  cause:
    'STS does not say why: a missing statement in the permissions or the trust policy, an ExternalId that it asks for (none was sent), or no such role.',
  fix: 'Check 1. that the permissions of … have {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"…"}; 2. the trust policy of …: if it asks for sts:ExternalId, set externalID, else it needs {"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"…"}}; 3. roleARN.',
};

/** Of the hop behind a role hub. */
export const REFUSED_AT_HUB = {
  cause: `AssumeRole … (…), hop 2 of 2: AccessDenied: … Not allowed: sts:AssumeRole … for arn:aws:iam::222222222222:role/hub. ${WITHOUT_EXTERNAL_ID.cause}`,
  fix: WITHOUT_EXTERNAL_ID.fix
    .replace('permissions of …', 'permissions of arn:aws:iam::222222222222:role/hub')
    .replace('{"AWS":"…"}', '{"AWS":"arn:aws:iam::222222222222:role/hub"}'),
};
