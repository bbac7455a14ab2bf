/**
 * What Velero sees of a pod: which volumes its file system backup leaves out, and the init container that its restore
 * puts in front of all others. Pure.
 */
import { SIDECAR } from '@rolechain/shared';
import type { Container } from './pod.ts';

/**
 * `backup.velero.io/backup-volumes-excludes` with the token volume in it. Velero splits it at commas and trims nothing
 * (pkg/podvolume/volumes.go, GetVolumesToExclude).
 */
export function withTokenVolume(value: string | undefined): string {
  const names = namesIn(value);
  return names.includes(SIDECAR.tokenVolume) ? (value ?? '') : [...names, SIDECAR.tokenVolume].join(',');
}

/** The same without it; undefined when nothing is left. One that stood there before is taken for ours. */
export function withoutTokenVolume(value: string | undefined): string | undefined {
  const names = namesIn(value);
  if (!names.includes(SIDECAR.tokenVolume)) return value;
  return names.filter((name) => name !== SIDECAR.tokenVolume).join(',') || undefined;
}

/**
 * True for an ordinary init container in front of the sidecar, which may mount the token volume: it ends before a token is
 * made. Velero's restore-wait has a mount of each volume that was backed up, and waits for a file in each of them
 * (pkg/restore/actions/pod_volume_restore_action.go, cmd/velero-restore-helper): of a backup without the annotation, ours too.
 */
export function endsBeforeTokens(
  container: Container,
  list: string,
  index: number,
  sidecar: { readonly index: number },
): boolean {
  return list === 'initContainers' && index < sidecar.index && container.restartPolicy !== 'Always';
}

function namesIn(value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : value.split(',');
}
