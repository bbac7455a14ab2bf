/** The installation: what an admin sees. */
import type { Way } from '../way.ts';

const INSTALLATION_OF = { group: 'installation', grade: 3 } as const;
const LOGS = 'kubectl logs deployment/rolechain-webhook';
const COMMAND = 'kubectl logs deployment/rolechain-webhook --namespace rolechain';
const REFUSES =
  'rolechain: ServiceAccount … asks for an AWS role, but: The pod was not injected: the webhook was not called, … [NotInjected]';

export const INSTALLATION: readonly Way[] = [
  {
    ...INSTALLATION_OF,
    id: 'settings-mistyped',
    title: 'The ConfigMap of settings is refused',
    codes: ['SettingsInvalid', 'FieldUnknown'],
    says: { cause: 'conflict is not a field of this version', fix: 'did you mean conflicts?' },
    reads: {
      cause: 'The settings have a field that this version does not know: conflict.',
      fix: 'Write conflicts in place of conflict.',
    },
    symptoms: {
      'kubectl apply':
        'admission webhook "settings.rolechain.io" denied the request: rolechain: ConfigMap …: the settings are invalid: {cause}; {fix}',
    },
    first: 'kubectl apply',
    command: 'rolechain doctor',
  },
  {
    ...INSTALLATION_OF,
    id: 'settings-invalid',
    title: 'The webhook does not start: its settings are invalid',
    codes: ['SettingsInvalid', 'FieldUnknown'],
    says: { cause: 'conflict is not a field of this version', fix: 'did you mean conflicts?' },
    reads: {
      cause: 'The settings have a field that this version does not know: conflict.',
      fix: 'Write conflicts in place of conflict.',
    },
    symptoms: { [LOGS]: 'rolechain-webhook: …settings.yaml: {cause}; {fix} (FieldUnknown) [SettingsInvalid]' },
    first: LOGS,
    command: COMMAND,
  },
  {
    ...INSTALLATION_OF,
    id: 'region-unknown',
    title: 'The webhook does not become ready: it does not know the Region',
    codes: ['RegionUnknown'],
    symptoms: { [LOGS]: '"code":"RegionUnknown","error":"{cause}. … "fix":"{fix}' },
    first: LOGS,
    command: COMMAND,
  },
  {
    ...INSTALLATION_OF,
    id: 'rights-missing',
    title: 'The webhook does not become ready: it lacks its rights',
    codes: ['CacheNotSynced'],
    says: { cause: 'the apiserver forbids to list or watch' },
    symptoms: { [LOGS]: '"code":"CacheNotSynced","error":"HTTP 403","fix":"{fix}.","message":"{cause}"' },
    first: LOGS,
    command: 'rolechain doctor',
  },
  {
    ...INSTALLATION_OF,
    id: 'image-not-pulled',
    title: "The sidecar's image cannot be pulled",
    codes: ['ImageNotPulled', 'doctor sidecar-image'],
    symptoms: {
      'kubectl describe pod':
        'spec.initContainers{rolechain}: Failed to pull image "registry.example/rolechain/sidecar:…"',
      'rolechain explain pod':
        '{cause}. It is registry.example/rolechain/sidecar:… (ImagePullBackOff). [ImageNotPulled] … {fix}',
      'rolechain doctor':
        'sidecarImage is registry.example/rolechain/sidecar:…, as the manifests come: no node can pull it.',
    },
    first: 'kubectl describe pod',
    grade: 2,
    command: 'rolechain doctor',
  },
  {
    ...INSTALLATION_OF,
    id: 'ca-bundle-lost',
    title: 'The webhook configuration has lost its CA bundle',
    codes: ['doctor ca-bundle', 'CABundleUnpublished'],
    says: { cause: 'It is empty in pods.rolechain.io, opted-in.pods.rolechain.io: apiservers cannot call the webhook' },
    symptoms: {
      'kubectl apply': REFUSES,
      'rolechain doctor': "✗ caBundle of both configurations is the certificate's CA … {cause}. … {fix}",
    },
    first: 'rolechain doctor',
    command: 'rolechain doctor',
  },
  {
    ...INSTALLATION_OF,
    id: 'configuration-gone',
    title: 'The webhook configuration was deleted',
    codes: ['doctor webhook-configurations', 'WebhookConfigurationMissing'],
    says: { cause: 'There is no MutatingWebhookConfiguration rolechain' },
    symptoms: {
      'kubectl apply': REFUSES,
      'rolechain doctor': '✗ both webhook configurations lead to the Service, and fail open … {cause}. … {fix}',
    },
    first: 'rolechain doctor',
    command: 'rolechain doctor',
  },
];
