/** Every hard pod, by what makes it hard. */
import { ANNOTATION_ROWS } from './annotations.ts';
import { BACKUPS } from './backups.ts';
import { COPIES } from './copies.ts';
import { DEFAULTS } from './defaults.ts';
import { ENVIRONMENT } from './environment.ts';
import { MESHES } from './meshes.ts';
import { NAMES } from './names.ts';
import { PORT_ROWS } from './ports.ts';
import type { HardPod } from './row.ts';
import { SHAPE } from './shape.ts';
import { VARIANT_NAMES } from './variants.ts';

/** The groups as docs/pods.md shows them. */
export const HARD_PODS: Readonly<Record<string, readonly HardPod[]>> = {
  "By the pod's shape": SHAPE,
  'By a service mesh': MESHES,
  'By ports': PORT_ROWS,
  'By what a container sets, and whose it is': ENVIRONMENT,
  'By annotations': ANNOTATION_ROWS,
  "By a Namespace's default role": DEFAULTS,
  'By names of ours': NAMES,
  'Copies of injected pods': COPIES,
  'Backup by Velero': BACKUPS,
};

/** The rows with names that tell them apart. */
export const ROWS: readonly (readonly [string, HardPod])[] = Object.values(HARD_PODS)
  .flat()
  .map((row) => {
    const settings = VARIANT_NAMES[row.variant ?? 'refuse'];
    return [`${row.name}${settings === '' ? '' : `, with ${settings.replaceAll('`', '')}`}`, row];
  });
