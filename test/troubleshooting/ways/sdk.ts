import type { Way } from '../way.ts';

export const SDK: readonly Way[] = [];
