/** Ways to be refused, on a real apiserver with the webhook behind it. */
import type { Happenings } from '../run.ts';
import { ROLE, accountOf, podOf, type ClusterStage } from './cluster-stage.ts';

export const REFUSED: Happenings<ClusterStage> = {
  'annotation-mistyped': async ({ apply }) => ({
    'kubectl apply': await apply(accountOf('mistyped', `roleArn: ${ROLE}`)),
  }),
  'static-keys': async ({ apply }) => ({
    'kubectl apply': await apply(
      podOf('static-keys', {
        containers: [
          { name: 'app', image: 'app:1', env: [{ name: 'AWS_ACCESS_KEY_ID', value: 'AKIAEXAMPLEEXAMPLE00' }] },
        ],
      }),
    ),
  }),
};
