import type { Way } from '../way.ts';

export const STARTING: readonly Way[] = [];
