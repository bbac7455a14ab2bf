/** What programs say about files, and whose names are in it. */

/** One problem of a file. */
export interface Said {
  readonly file: string;
  readonly text: string;
}

/** Errors in tsc's plain output; lines that are indented go with the one above. Pure. */
export function problemsIn(output: string): Said[] {
  const errors = output.matchAll(/^(\S+?)\(\d+,\d+\): (error .*(?:\n[ \t]+.*)*)/gm);
  return [...errors].map(([, file = '', text = '']) => ({ file, text }));
}

interface JestResult {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Failed tests in what `jest --json` writes; paths from `root`. A file that could not be run is one failure. Pure. */
export function failuresIn(json: string, root: string): Said[] {
  const { testResults } = JSON.parse(json) as JestResult;
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = name.slice(root.length + 1);
    if (assertionResults.length === 0) return { file, text: message };
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    return failed.map(({ fullName, failureMessages }) => ({ file, text: [fullName, ...failureMessages].join('\n') }));
  });
}

/** Names in a text, and what else looks so: `rolechain.io/your-key` has `your-key`. Pure. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/[\w-]+/g) ?? [];
}

/** Whether a text has one of the names. Pure. */
export function mentions(text: string, names: readonly string[]): boolean {
  return wordsOf(text).some((word) => names.includes(word));
}
