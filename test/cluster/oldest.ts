/** Setup of jest's project `oldest`: its tests run on the oldest Kubernetes release. */
import { RELEASE_VARIABLE, type ReleaseName } from './releases.ts';

process.env[RELEASE_VARIABLE] = 'oldest' satisfies ReleaseName;
