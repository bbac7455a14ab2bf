/** Starts a shell with a child of its own, both with the argument in their command lines, and waits to be killed. */
import { spawnTied } from '@rolechain/kit/tied-process.ts';

const script = `sh -c 'sleep 600; :' "$0" & sleep 600; :`;
await spawnTied('sh', ['-c', script, process.argv[2] ?? ''], { env: process.env, output: 1 }).ended;
