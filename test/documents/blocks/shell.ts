/** Simple commands of a text of shell, as far as pages of this repository have it: no functions, no loops. Pure. */

/**
 * The words of each command, unquoted. A pipe, `&&`, `;` and the end of a line end one; `$(…)` stays in its word, and what stands in
 * `<(…)` is a command of its own. Throws at a quote without an end.
 */
export function commandsIn(text: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  const source = text.replaceAll('\\\n', ' ');
  for (let at = 0; at < source.length; at++) {
    const char = source.charAt(at);
    const two = source.slice(at, at + 2);
    if (char === "'" || char === '"') {
      const end = source.indexOf(char, at + 1);
      if (end === -1) throw new Error(`a quote without an end: ${source.slice(at)}`);
      word = `${word ?? ''}${source.slice(at + 1, end)}`;
      at = end;
    } else if (two === '<(' || two === '$(') {
      const end = source.indexOf(')', at);
      const inner = source.slice(at + 2, end);
      if (two === '<(') commands.push(...commandsIn(inner));
      word = `${word ?? ''}${two}${inner})`;
      at = end;
    } else if (char === '#' && word === undefined) {
      const end = source.indexOf('\n', at);
      at = (end === -1 ? source.length : end) - 1;
    } else if (char === '\n' || char === '|' || char === ';' || two === '&&') {
      endCommand();
      if (two === '&&' || two === '||') at++;
    } else if (char === ' ') endWord();
    else word = `${word ?? ''}${char}`;
  }
  endCommand();
  return commands;
}
