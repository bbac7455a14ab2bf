/** Accounts beside an EKS webhook with another `--annotation-prefix`: from what a cache keeps to the sidecar's configuration. */
import { ANNOTATIONS, EKS_FLAGS, eksWebhook } from '@rolechain/shared';
import { evaluateServiceAccount, readAnnotationReview } from '../admission/service-account-review.ts';
import {
  serviceAccountProjector,
  lookupWithEksKeys,
  makeAccountCache,
  makeLookup,
} from '../cluster/service-accounts.ts';
import { SETTINGS, TARGET, call, plainPod } from '../testing/fixtures.ts';

const eks = eksWebhook({ ...EKS_FLAGS, annotationPrefix: 'iam.example.com' });
const settings = { ...SETTINGS, eks };
const BASE = 'arn:aws:iam::111111111111:role/base';
const OTHER = 'arn:aws:iam::111111111111:role/other';
const asks = { [ANNOTATIONS.assumeRole.key]: `{roleARN: "${TARGET}", credentialSource: irsa}` };
const nobody = { others: new Map(), allowedRoles: undefined };

async function decided(annotations: Record<string, string>) {
  const cache = makeAccountCache(() => 0);
  cache.sink.replace([serviceAccountProjector(eks)({ metadata: { namespace: 'shop', name: 'orders', annotations } })]);
  cache.sink.contact();
  const lookup = lookupWithEksKeys(
    makeLookup(cache, () => Promise.reject(new Error('not asked'))),
    eks,
  );
  return call(plainPod(), await lookup('shop', 'orders'), settings).decision;
}

function judged(annotations: Record<string, string>) {
  const object = { metadata: { namespace: 'shop', name: 'orders', annotations } };
  const kind = { group: '', version: 'v1', kind: 'ServiceAccount' };
  const request = { uid: 'u', kind, operation: 'CREATE', namespace: 'shop', object };
  const body = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
  return evaluateServiceAccount(readAnnotationReview(body, undefined, eks).account!, settings, nobody);
}

test('role and audience are those under its prefix, whatever EKS own keys say', async () => {
  const its = { 'iam.example.com/role-arn': BASE, 'iam.example.com/audience': 'sts.example.com' };
  const annotations = { ...asks, ...its, 'eks.amazonaws.com/role-arn': OTHER };
  const decision = await decided(annotations);
  if (decision.outcome !== 'injected') throw new Error(decision.outcome);
  expect(decision.config.roles.default?.source).toMatchObject({ type: 'irsa', roleARN: BASE });
  expect(decision.baseIdentity.irsaAudience).toBe('sts.example.com');
  expect(judged(annotations)).toMatchObject({ outcome: 'accepted' });
});

test('where it is missing, the annotation that is named is of that prefix', async () => {
  const annotations = { ...asks, 'eks.amazonaws.com/role-arn': OTHER };
  const message = expect.stringContaining('annotate the account with iam.example.com/role-arn');
  expect(await decided(annotations)).toMatchObject({ outcome: 'refused', message });
  expect(judged(annotations)).toMatchObject({ outcome: 'refused', message });
});
