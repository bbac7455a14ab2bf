/** Target roles of the scenarios. */
export const ARN = 'arn:aws:iam::222222222222:role/orders';
export const AUDIT = 'arn:aws:iam::333333333333:role/audit';
export const HUB = 'arn:aws:iam::444444444444:role/hub';
