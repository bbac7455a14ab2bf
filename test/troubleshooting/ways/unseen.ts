/** A container goes another way than to the sidecar, which can say nothing of it then. */
import type { Way } from '../way.ts';

const EXPLAIN = 'rolechain explain pod NAME -n NAMESPACE';

export const UNSEEN: readonly Way[] = [
  {
    id: 'keys-in-env-from',
    title: 'Static keys from envFrom shadow the role',
    group: 'identity',
    codes: ['StaticKeys'],
    says: {
      cause: 'has envFrom: SDKs prefer AWS keys in it to the role',
      fix: 'an empty AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in env hide them',
    },
    reads: { cause: 'The container has envFrom, and SDKs prefer AWS keys in it to the role.' },
    symptoms: {
      'kubectl apply': 'Warning: container app {cause}; {fix}',
      'rolechain explain pod': 'container app {cause}; {fix}',
    },
    first: 'rolechain explain pod',
    grade: 3,
    command: EXPLAIN,
    note: 'Nobody but the container reads what envFrom brings. The application is somebody else (`aws sts get-caller-identity` in it says who), and the sidecar of its pod counts no requests.',
  },
  {
    id: 'region-missing',
    title: 'The container has no Region',
    group: 'sdk',
    codes: [],
    says: { cause: 'AWS_REGION is not set beside it', fix: 'write it into env, unless it has one' },
    reads: {
      cause: 'The container has envFrom, and rolechain sets no AWS_REGION beside it.',
      fix: 'Write AWS_REGION into env of the container.',
    },
    symptoms: {
      'AWS SDK for JavaScript v3': 'Error: Region is missing',
      botocore: 'botocore.exceptions.NoRegionError: You must specify a region.',
      'rolechain explain pod': 'container app has envFrom: … {cause}: {fix}',
    },
    first: 'botocore',
    grade: 2,
    command: 'kubectl set env deployment/NAME AWS_REGION=REGION',
    note: 'Beside an `envFrom`, which may have a Region, rolechain sets none.',
  },
  {
    id: 'container-without-role',
    title: 'The container holds no role',
    group: 'sdk',
    codes: [],
    says: {
      cause: 'no role … by annotation rolechain.io/container-roles on the pod',
      fix: 'To give it one, write … into rolechain.io/container-roles on the pod',
    },
    reads: {
      cause: 'The annotation rolechain.io/container-roles on the pod gives the container no role.',
      fix: 'To give it one, write CONTAINER=ROLE into rolechain.io/container-roles on the pod.',
    },
    symptoms: {
      botocore: 'botocore.exceptions.NoCredentialsError: Unable to locate credentials',
      'rolechain explain pod': 'exporter … {cause}, for * … {fix}',
    },
    first: 'botocore',
    grade: 2,
    command: EXPLAIN,
  },
  {
    id: 'proxy-on-loopback',
    title: 'An HTTP proxy takes the requests for credentials',
    group: 'sdk',
    codes: [],
    says: {
      cause: "curl and some SDKs (Rust) send the role's token through the proxy, since no NO_PROXY names 127.0.0.1",
      fix: 'add it',
    },
    reads: { fix: 'Add 127.0.0.1 to NO_PROXY in the container.' },
    symptoms: {
      'kubectl apply': 'Warning: container app sets HTTP_PROXY: {cause}: {fix}',
      'kubectl describe pod': 'HTTP_PROXY: … http://proxy.example:3128',
      'rolechain explain pod': 'container app sets HTTP_PROXY: {cause}: {fix}',
    },
    first: 'kubectl describe pod',
    grade: 2,
    command: EXPLAIN,
    note: 'The sidecar never sees the request. [sdks.md](sdks.md#proxies) has which clients do that; the setting `loopbackNoProxy` adds the address.',
  },
  {
    id: 'health-port-in-use',
    title: 'The application cannot listen on 28174 or 28173',
    group: 'starting',
    codes: [],
    says: {
      cause: 'its ports: 28173 of loopback, 28174 of the pod',
      fix: 'where a container declares one of them in its ports, rolechain takes another',
    },
    reads: {
      cause: 'The sidecar listens on 28173 of loopback and 28174 of the pod.',
      fix: 'Declare the port of the application in ports of its container: rolechain takes another one then.',
    },
    symptoms: {
      'kubectl logs': 'Error: listen EADDRINUSE: address already in use … 28174',
      'rolechain explain pod': '{cause}; {fix}',
    },
    first: 'kubectl logs',
    grade: 2,
    command: EXPLAIN,
  },
];
