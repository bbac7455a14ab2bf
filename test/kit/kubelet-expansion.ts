/**
 * The `$(NAME)` references that a kubelet resolves in environment values, commands and arguments.
 * Rules: k8s.io/kubernetes third_party/forked/golang/expansion.
 */

/** Either an escaped `$`, or a reference: everything up to the first closing bracket is the name. */
const REFERENCE = /\$(?:\$|\(([^)]*)\))/g;

/**
 * The text with `$(NAME)` replaced by its value, and `$$` by `$`.
 *
 * A reference whose name `lookup` does not know, one that is not closed, and any other `$` stay as they
 * are. What a value brings in is not read again.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(REFERENCE, (whole, name: string | undefined) =>
    name === undefined ? '$' : (lookup(name) ?? whole),
  );
}
