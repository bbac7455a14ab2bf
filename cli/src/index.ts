export { COMMANDS } from './commands.ts';
export { CLUSTER_OPTIONS, run } from './program.ts';
export * from './terminal/command.ts';
