/** Licences that a bundled package may have. */
import satisfies from 'spdx-satisfies';
import { idOf, type Part } from './parts.ts';

/**
 * SPDX identifiers. Each lets anyone pass the code on in a program under Apache-2.0, for no more than its text (none for
 * Unlicense), which stands in the image's notices. `test/build/parts.test.ts` fails while a row is not needed.
 */
export const ALLOWED_LICENSES = ['Apache-2.0', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense'] as const;

/** One sentence for each part whose licence is not allowed. Of `A OR B` one is enough. */
export function licenseProblems(parts: readonly Pick<Part, 'name' | 'version' | 'license'>[]): string[] {
  return parts
    .filter(({ license }) => !isAllowed(license))
    .map((part) => `${idOf(part)} has the licence ${part.license}, which is not among ${ALLOWED_LICENSES.join(', ')}`);
}

function isAllowed(license: string): boolean {
  try {
    return satisfies(license, [...ALLOWED_LICENSES]);
  } catch {
    // No SPDX expression, such as `SEE LICENSE IN …`.
    return false;
  }
}
