/** Files for tests of the command line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SETTINGS_TEXT = 'sidecarImage: registry.example/rolechain-sidecar@sha256:0000\nregion: eu-central-1\n';

let folder: string | undefined;
let files = 0;
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** Its path. It goes with the test file's end. */
export function settingsFile(text: string): Promise<string> {
  folder ??= mkdtempSync(join(tmpdir(), 'rolechain-cli-'));
  const path = join(folder, `${files++}.yaml`);
  writeFileSync(path, text);
  return Promise.resolve(path);
}
