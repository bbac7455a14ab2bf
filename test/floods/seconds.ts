/** Seconds of each flood; `node test/floods/main.ts --seconds 60` sets it. */
export const SECONDS_VARIABLE = 'ROLECHAIN_FLOOD_SECONDS';
