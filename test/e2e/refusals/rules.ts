/** Fields that contradict each other: each rule of what may stand together. */
import { ARN, AUDIT, HUB } from '../roles.ts';
import { LEAVE_OUT, WITHIN, type Refusal } from './refusal.ts';

const role = (more: string, arn = ARN): string => `{roleARN: "${arn}", ${more}}`;
const cannotSend = (field: string, mode: string): string =>
  `${field} contradicts webIdentity: ${mode}, which can't send it; ${LEAVE_OUT}`;
const CHAINED = 'but takes at most 3600 s, the limit of a chained session';
const CHINA = 'arn:aws-cn:iam::444444444444:role/hub';

export const RULES: readonly Refusal[] = [
  {
    name: 'two-external-ids',
    annotation: role('externalID: abc, externalIDFrom: {secretKeyRef: {name: a, key: b}}'),
    says: `externalIDFrom stands beside externalID; ${LEAVE_OUT}`,
  },
  {
    name: 'long-chained-session',
    annotation: role('duration: 2h'),
    says: `duration is 7200 s, ${CHAINED}; ${WITHIN}`,
  },
  {
    name: 'long-session-of-a-hop',
    annotation: role(`via: [{roleARN: "${HUB}", duration: 61m}]`),
    says: `via.0.duration is 3660 s, ${CHAINED}; ${WITHIN}`,
  },
  {
    name: 'long-session-where-web-identity-is-preferred',
    annotation: role('webIdentity: prefer, duration: 2h'),
    says: `duration is 7200 s, ${CHAINED}; ${WITHIN}`,
  },
  {
    name: 'policies-too-long-together',
    annotation: role(`policy: {a: ${'x'.repeat(2000)}}, policyARNs: ["arn:aws:iam::aws:policy/${'P'.repeat(40)}"]`),
    says: `policy and policyARNs have 2072 characters, but take 2048 together; ${WITHIN}`,
  },
  {
    name: 'a-tag-in-two-cases',
    annotation: role('tags: {Team: a, team: b}'),
    says: `tags has "team" twice: STS tag keys are case-insensitive; ${LEAVE_OUT}`,
  },
  {
    name: 'a-transitive-key-of-no-tag',
    annotation: role('tags: {team: a}, transitiveTagKeys: [cost]'),
    says: 'transitiveTagKeys names "cost", which is not a key of tags; add it to tags, or leave it out (FieldConflict)',
  },
  {
    name: 'a-tag-of-the-agent',
    annotation: role('tags: {kubernetes-namespace: x}'),
    says: 'tags sets "kubernetes-namespace", which the Pod Identity agent passes on and nobody can replace; choose another key (FieldConflict)',
  },
  {
    name: 'a-tag-of-an-earlier-hop',
    annotation: role(`tags: {team: b}, via: [{roleARN: "${HUB}", tags: {Team: a}, transitiveTagKeys: [Team]}]`),
    says: 'tags sets "team", which via.0 passes on and nobody can replace; choose another key (FieldConflict)',
  },
  {
    name: 'external-id-by-web-identity',
    annotation: role('webIdentity: only, externalID: abc'),
    says: cannotSend('externalID', 'only'),
  },
  {
    name: 'secret-external-id-by-web-identity',
    annotation: role('webIdentity: only, externalIDFrom: {secretKeyRef: {name: a, key: b}}'),
    says: cannotSend('externalIDFrom', 'only'),
  },
  {
    name: 'tags-by-web-identity',
    annotation: role('webIdentity: only, tags: {a: b}'),
    says: cannotSend('tags', 'only'),
  },
  {
    name: 'transitive-tags-by-web-identity',
    annotation: role('webIdentity: only, tags: {a: b}, transitiveTagKeys: [a]'),
    says: `${cannotSend('tags', 'only')}. ${cannotSend('transitiveTagKeys', 'only')}`,
  },
  {
    name: 'source-identity-by-web-identity',
    annotation: role('webIdentity: only, sourceIdentity: me'),
    says: cannotSend('sourceIdentity', 'only'),
  },
  {
    name: 'hops-by-web-identity',
    annotation: role(`webIdentity: only, via: [{roleARN: "${HUB}"}]`),
    says: cannotSend('via', 'only'),
  },
  {
    name: 'tags-by-preferred-web-identity',
    annotation: role('webIdentity: prefer, tags: {a: b}, transitiveTagKeys: [a]'),
    says: `${cannotSend('tags', 'prefer')}. ${cannotSend('transitiveTagKeys', 'prefer')}`,
  },
  {
    name: 'source-identity-by-preferred-web-identity',
    annotation: role('webIdentity: prefer, sourceIdentity: me'),
    says: cannotSend('sourceIdentity', 'prefer'),
  },
  {
    name: 'other-account-by-pod-identity',
    annotation: role('serviceAccount: {name: other, namespace: tools}, credentialSource: pod-identity'),
    says: 'serviceAccount contradicts credentialSource: pod-identity; it goes with irsa alone: leave one of them out (FieldConflict)',
  },
  {
    name: 'other-account-by-environment',
    annotation: role('serviceAccount: {name: other, namespace: tools}, credentialSource: environment'),
    says: 'serviceAccount contradicts credentialSource: environment; it goes with irsa alone: leave one of them out (FieldConflict)',
  },
  {
    name: 'a-chain-across-partitions',
    annotation: role(`via: [{roleARN: "${CHINA}", stsRegion: cn-north-1}]`),
    says: 'via.0.roleARN is of the partition aws-cn, but the target is of aws: no chain crosses partitions; use roles of one partition (FieldConflict)',
  },
  {
    name: 'region-of-another-partition',
    annotation: role('region: cn-north-1'),
    says: 'region is cn-north-1, a Region of the partition aws-cn, but the role is of aws; correct the Region or the role ARN (FieldConflict)',
  },
  {
    name: 'sts-region-of-another-partition',
    annotation: role('stsRegion: us-gov-west-1'),
    says: 'stsRegion is us-gov-west-1, a Region of the partition aws-us-gov, but the role is of aws; correct the Region or the role ARN (FieldConflict)',
  },
  {
    name: 'sts-region-of-a-hop-of-another-partition',
    annotation: role(`via: [{roleARN: "${HUB}", stsRegion: us-iso-east-1}]`),
    says: 'via.0.stsRegion is us-iso-east-1, a Region of the partition aws-iso, but the role is of aws; correct the Region or the role ARN (FieldConflict)',
  },
  {
    name: 'a-contradiction-in-a-further-role',
    annotation: `{roleARN: "${ARN}", roles: {audit: ${role('webIdentity: only, sourceIdentity: me', AUDIT)}}}`,
    says: cannotSend('roles.audit.sourceIdentity', 'only'),
  },
];
