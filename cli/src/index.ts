export { COMMANDS } from './commands.ts';
export { CLUSTER_OPTIONS, OUTPUT_OPTION, run } from './program.ts';
export * from './terminal/command.ts';
