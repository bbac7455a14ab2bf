/** IAM's ArnLike without a regular expression: patterns are text that users write. */

/** What an ARN is made of; colons behind the fifth belong to the resource. */
const PARTS = 6;

/**
 * Whether the ARN matches the pattern as IAM's `ArnLike` would: each of the six colon-separated parts by
 * itself, `*` for any text within a part (`/` included), `?` for one character, in the given case (IAM User
 * Guide, ARN condition operators). A pattern of fewer parts matches nothing. The time is at most the product of
 * both lengths.
 */
export function arnLike(pattern: string, arn: string): boolean {
  const patterns = partsOf(pattern);
  const parts = partsOf(arn);
  if (patterns.length !== PARTS || parts.length !== PARTS) return false;
  return patterns.every((glob, index) => matches(glob, parts[index] ?? ''));
}

function partsOf(text: string): string[] {
  const parts = text.split(':');
  return parts.length <= PARTS ? parts : [...parts.slice(0, PARTS - 1), parts.slice(PARTS - 1).join(':')];
}

/** Goes back to the last star alone: an earlier one that took more could not match better. */
function matches(glob: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let afterStar = 0;
  let i = 0;
  while (i < text.length) {
    if (glob[at] === '*') {
      star = at++;
      afterStar = i;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++afterStar;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}
