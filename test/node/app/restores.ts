/** As Velero's restore helper (cmd/velero-restore-helper): waits until each volume under /restores has the file of this restore. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FOLDER = '/restores';

export async function waitForRestores(uid: string): Promise<void> {
  const volumes = readdirSync(FOLDER);
  while (!volumes.every((name) => existsSync(join(FOLDER, name, '.velero', uid)))) await sleep(100);
  console.log(`restored: ${volumes.sort().join(' ')}`);
}
