import type { Way } from '../way.ts';

export const IDENTITY: readonly Way[] = [];
