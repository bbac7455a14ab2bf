import type { Pod } from '@rolechain/kit/pod.ts';
import type { Aws } from '@rolechain/test/fixture/aws.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import type { Projections } from '@rolechain/test/fixture/pod.ts';
import type { Scene } from './scene.ts';

/** What the control plane is set up with. */
export type Setting = Pick<Scene, 'objects' | 'secrets'>;

export interface Admission {
  readonly aws: Aws;
  /**
   * The pod as it comes out, and as it would have without us. While `dryRun`, nothing is stored. Rejects with the
   * refusal, whose words `wordsOf` gives.
   */
  readonly admit: (pod: KubeObject, dryRun?: boolean) => Promise<{ readonly before: Pod; readonly after: Pod }>;
  readonly projections: (pod: Pod) => Projections;
  readonly stop: () => Promise<void>;
}
