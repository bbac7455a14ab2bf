/** What is legal in the settings and unwise: told at the start, and to who writes them. Pure. */
import { isMovable, type WarningCode } from '@rolechain/shared';
import type { Settings } from './settings.ts';

export function settingsWarnings({ sidecarImage }: Pick<Settings, 'sidecarImage'>): readonly WarningCode[] {
  return isMovable(sidecarImage) ? ['SidecarImageByTag'] : [];
}
