/** The SDK of a container has no credentials, or had some and lost them. */
import type { Way } from '../way.ts';
import { WITH_EXTERNAL_ID } from './sts-refusals.ts';

/** All that it prints, whatever is wrong. */
const NOTHING = 'CredentialsProviderError: Could not load credentials from any providers';
const LOGS = 'kubectl logs NAME --container rolechain';

export const SDK: readonly Way[] = [
  {
    id: 'trust-revoked',
    title: 'The trust was taken away while the pod runs',
    group: 'sdk',
    codes: ['StsAccessDenied'],
    says: {
      cause: `Not allowed: sts:AssumeRole on … for … ${WITH_EXTERNAL_ID.cause}`,
      fix: 'Check 1. the ExternalId against the trust policy of …; 2. that it has …; 3. that the permissions of … have …; 4. roleARN.',
    },
    symptoms: {
      'AWS SDK for JavaScript v3': NOTHING,
      'AWS SDK for Go v2':
        'failed to refresh cached credentials, failed to load credentials, StsAccessDenied: STS refused: the caller may not assume this role. … {cause} …',
      botocore:
        'CredentialRetrievalError: Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response 403 from container metadata: {"code":"StsAccessDenied","message":"STS refused: the caller may not assume this role. …',
      'kubectl logs --container rolechain':
        '"level":"error",…"role":"default","code":"StsAccessDenied","error":"… {cause} …","fix":"{fix}…"since":"…","expires":"…',
    },
    first: 'kubectl logs --container rolechain',
    grade: 3,
    command: LOGS,
    note: 'Until the session ends (`expires`) the pod keeps its credentials, and the lines are warnings. `since` says when it began. `rolechain status` shows such pods as `stale`, then as `lost`.',
  },
  {
    id: 'sts-outage',
    title: 'The session ended while STS was away',
    group: 'sdk',
    codes: ['StsUnavailable'],
    symptoms: {
      'AWS SDK for JavaScript v3': NOTHING,
      'AWS SDK for Go v2':
        'failed to refresh cached credentials, failed to load credentials, exceeded maximum number of attempts, 3, StsUnavailable: {cause}. …',
      botocore:
        'CredentialRetrievalError: Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response 503 from container metadata: {"code":"StsUnavailable","message":"{cause} …',
      'kubectl logs --container rolechain':
        '"level":"error",…"role":"default","code":"StsUnavailable","error":"{cause} …","fix":"{fix}…"since":"…","expires":"…',
    },
    first: 'kubectl logs --container rolechain',
    grade: 3,
    command: LOGS,
  },
  {
    id: 'sdk-too-old',
    title: 'The SDK is too old to read a token file',
    group: 'sdk',
    codes: ['TokenMissing'],
    symptoms: {
      'botocore of 2022':
        'CredentialRetrievalError: Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response (401) from ECS metadata: {"code":"TokenMissing","message":"{cause}. {fix}',
      'kubectl logs --container rolechain': '"code":"TokenMissing","error":"{cause}…","fix":"{fix}',
    },
    first: 'kubectl logs --container rolechain',
    grade: 3,
    command: `kubectl patch deployment NAME --type merge --patch '{"spec":{"template":{"metadata":{"annotations":{"rolechain.io/authorization-token":"env"}}}}}'`,
    note: '[install.md](install.md#what-to-know) has the first version of each SDK that reads the file. The annotation writes the token into the environment of the container, where readers of the pod see it.',
  },
  {
    id: 'token-of-another-role',
    title: "A container asks with another role's token",
    group: 'sdk',
    codes: ['RoleForbidden'],
    symptoms: {
      botocore:
        'CredentialRetrievalError: Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response 403 from container metadata: {"code":"RoleForbidden","message":"{cause}. {fix}',
      'kubectl logs --container rolechain': '"code":"RoleForbidden","error":"{cause}…","fix":"{fix}',
    },
    first: 'kubectl logs --container rolechain',
    grade: 3,
    command: LOGS,
  },
  {
    id: 'sidecar-restarted',
    title: 'The sidecar was killed, and a program holds its old token',
    group: 'sdk',
    codes: ['TokenReplaced', 'TokenUnknown'],
    symptoms: { 'kubectl logs --container rolechain': '"code":"TokenReplaced","error":"{cause}…","fix":"{fix}' },
    first: 'kubectl logs --container rolechain',
    grade: 3,
    command: 'kubectl describe pod NAME',
    note: 'Under `rolechain` in the description stands why it was killed (`OOMKilled`, exit code 137). After a minute the old token is one that nobody knows: `TokenUnknown`.',
  },
];
