import type { Way } from '../way.ts';

export const INSTALLATION: readonly Way[] = [];
