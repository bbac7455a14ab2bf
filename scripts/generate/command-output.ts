/** What a command of `rolechain` prints on its standard input, for pages that show it. Throws with what it says where it fails. */
import { Readable } from 'node:stream';
import { run } from '@rolechain/cli';

export async function commandOutput(args: readonly string[], input: string): Promise<string> {
  let [out, err] = ['', ''];
  const code = await run([...args], {
    stdin: Readable.from([input]),
    out: (text) => (out += text),
    err: (text) => (err += text),
    env: {},
    cwd: process.cwd(),
    now: () => new Date(),
    hasColours: false,
    signal: new AbortController().signal,
  });
  if (code !== 0) throw new Error(`rolechain ${args.join(' ')}: ${err}`);
  return out;
}
