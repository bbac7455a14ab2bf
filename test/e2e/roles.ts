/** Roles and users of the scenarios. */
export const ARN = 'arn:aws:iam::222222222222:role/orders';
export const AUDIT = 'arn:aws:iam::333333333333:role/audit';
export const HUB = 'arn:aws:iam::444444444444:role/hub';
export const IRSA = 'arn:aws:iam::111111111111:role/irsa';
/** Trusts the base role, but no web identity. */
export const CHAIN_ONLY = 'arn:aws:iam::222222222222:role/chain-only';
/** Whose static keys stand in the Secret behind `credentialSource: environment`. */
export const USER = 'arn:aws:iam::111111111111:user/trying-out';
/** IRSA role of the ServiceAccount `other`. */
export const OTHER_ROLE = 'arn:aws:iam::111111111111:role/other';

/** Annotation of an account that has an IRSA role. */
export const WITH_IRSA = { 'eks.amazonaws.com/role-arn': IRSA };

export const orders = (session: string): string => `arn:aws:sts::222222222222:assumed-role/orders/${session}`;
export const audit = (session: string): string => `arn:aws:sts::333333333333:assumed-role/audit/${session}`;
