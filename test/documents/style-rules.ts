/** The words to avoid, read from the table in docs/style.md, which is their only list. */
export interface StyleRule {
  /** As people write them, in lower case. */
  readonly words: readonly string[];
  readonly instead: string;
  /** Whether it holds in comments of sources too. */
  readonly comments: boolean;
  /** Phrases that hold one of the words and are good. */
  readonly allowed: readonly string[];
}

export function readRules(page: string): StyleRule[] {
  const section = page.split(/^## /m).find((one) => one.startsWith('Words to avoid')) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => {
    const [words = '', instead = '', where = '', allowed = ''] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    return { words: quoted(words), instead, comments: where === 'comments too', allowed: quoted(allowed) };
  });
}

/** Those of the words that the text has, each once. They are letters, spaces and apostrophes: a pattern takes them as they are. */
export function wordsAgainst(text: string, rules: readonly StyleRule[]): string[] {
  const plain = text.replace(/\s+/g, ' ').toLowerCase();
  return rules.flatMap(({ words, allowed }) => {
    const rest = allowed.reduce((left, phrase) => left.replaceAll(phrase, ''), plain);
    return words.filter((word) => new RegExp(`(?<!\\w)${word}(?!\\w)`).test(rest));
  });
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word.toLowerCase());
}
