/** Without control characters, which a terminal would obey: of texts that come from a cluster. */
export function plain(text: string): string {
  return text.replace(CONTROL, ' ');
}

/** With those that turn the direction of a text (Unicode, Bidi_Control). */
const CONTROL =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/**
 * The same of whole texts, whatever a command has forgotten: lines, tabs and, where there are any, colours stay. No YAML has any of
 * the others (YAML 1.2.2, section 5.1) but U+0085, which stays too.
 */
export function shown(text: string, hasColours: boolean): string {
  return text.replace(BEYOND_LINES, (found) => (hasColours && COLOUR.test(found) ? found : ''));
}

const BEYOND_LINES =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /\u001b\[\d{1,3}m|\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]/g;
// eslint-disable-next-line no-control-regex -- picocolors' own
const COLOUR = /^\u001b\[\d{1,3}m$/;
