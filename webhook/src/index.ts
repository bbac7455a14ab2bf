export * from './admit.ts';
export * from './decide.ts';
export * from './patch.ts';
export * from './roles.ts';
export * from './settings.ts';
