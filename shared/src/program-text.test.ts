import { programText } from './program-text.ts';
import { VERSION } from './version.ts';

const HELP = { usage: 'It does this.', example: 'it --now' };

test.each([
  [['--version'], `${VERSION}\n`],
  [['--help'], 'It does this.\n\nExample:\n  it --now\n'],
  [['--settings', 'x', '-h'], 'It does this.\n\nExample:\n  it --now\n'],
  [['--help', '--version'], `${VERSION}\n`],
  [['--settings', 'x'], undefined],
  [[], undefined],
])('%j', (args, text) => expect(programText(args, HELP)).toBe(text));
