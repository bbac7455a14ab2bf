export { COMMANDS } from './commands.ts';
export { run } from './program.ts';
export { CLUSTER_OPTIONS, OUTPUT_OPTION } from './terminal/common-options.ts';
export * from './terminal/command.ts';
