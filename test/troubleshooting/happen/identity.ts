import type { Happenings } from '../run.ts';
import type { ClusterStage } from './cluster-stage.ts';

export const IDENTITY: Happenings<ClusterStage> = {};
