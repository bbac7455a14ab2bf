/** What SECURITY.md says that each party cannot do, and the tests that it names for it. */

export interface Cannot {
  /** The first words of the list's item, for messages. */
  readonly item: string;
  /** How many things it says. */
  readonly count: number;
  /** Labels of the footnotes behind it. */
  readonly notes: readonly string[];
}

export interface NamedTest {
  readonly file: string;
  readonly name: string;
}

export interface Read {
  readonly cannots: readonly Cannot[];
  /** By the label of the footnote. */
  readonly tests: ReadonlyMap<string, readonly NamedTest[]>;
}

const PARTIES = /^### The parties\n([^]*?)^###? /m;
const NOTE = /\[\^([\w-]+)\](?!:)/g;

/** Throws where a footnote has another form than files, each with names in quotation marks. */
export function readCannots(text: string): Read {
  const parties = PARTIES.exec(text)?.[1];
  if (parties === undefined) throw new Error('SECURITY.md has no section "The parties"');
  const cannots = parties
    .split(/\n(?=- |\n)/)
    .map((item) => item.replace(/\s+/g, ' ').trim())
    // The sentence that says what a "cannot" is stands in quotation marks.
    .map((item) => ({ item, count: item.match(/(?<!")\b(cannot|can't|can not)\b/g)?.length ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ item, count }) => ({
      ...{ item: item.slice(0, 60), count },
      notes: [...item.matchAll(NOTE)].map(([, label = '']) => label),
    }));
  const notes = [...text.matchAll(/^\[\^([\w-]+)\]: (.*)$/gm)];
  return { cannots, tests: new Map(notes.map(([, label = '', list = '']) => [label, namedTests(list)])) };
}

function namedTests(list: string): NamedTest[] {
  const files = [...list.matchAll(/`([^`]+)`: ("[^"]*"(?:, "[^"]*")*)[;.]/g)];
  const rest = files.reduce((left, [whole]) => left.replace(whole, ''), list).trim();
  if (files.length === 0 || rest !== '')
    throw new Error(`a footnote takes \`file\`: "name", "name"; ... . This is: ${list}`);
  return files.flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/"([^"]*)"/g)].map(([, name = '']) => ({ file, name })),
  );
}
