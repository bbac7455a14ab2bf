declare module 'spdx-satisfies' {
  /** Whether one of the licences that `allowed` lists fulfils `expression`. Throws where either is no SPDX expression. */
  const satisfies: (expression: string, allowed: string[]) => boolean;
  export = satisfies;
}
declare module 'spdx-expression-parse' {
  /** Throws where it is no SPDX expression. */
  const parse: (expression: string) => unknown;
  export = parse;
}
