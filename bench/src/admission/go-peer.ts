/** The Go programs of bench/peers/webhook: the peer and the generator of load. */
import { join } from 'node:path';
import { goPrograms as programsOf } from '../go-programs.ts';

export interface GoPrograms {
  readonly webhook: string;
  readonly load: string;
}

/** Builds them where they are not there; takes minutes the first time. Throws with what Go says. */
export function goPrograms(say: (line: string) => void): GoPrograms {
  const folder = programsOf('webhook', say);
  return { webhook: join(folder, 'webhook'), load: join(folder, 'load') };
}
