/** For tests that need what may be absent here: a real kube-apiserver, a program of another language, a kernel's right. */

/** Why something can't be had here, and what would make it be there. */
export interface Absent {
  readonly reason: string;
}

/**
 * A `describe` whose tests need `found`. Where it is absent they are skipped, and it prints why; under `CI=true`
 * they fail instead. `standIn` is what the skipped tests are declared with.
 */
export function describeWhen<Found>(
  name: string,
  found: Found | Absent,
  tests: (found: Found) => void,
  standIn: NoInfer<Found>,
): void {
  if (!isAbsent(found)) {
    describe(name, () => tests(found));
  } else if (process.env.CI === 'true') {
    test(`${name}: is needed`, () => {
      throw new Error(found.reason);
    });
  } else {
    console.warn(`SKIPPED: ${name}. ${found.reason}`);
    // Not on CI: on a machine without what they need no outcome of theirs would say anything. Its tests are declared
    // all the same, so that the summary counts them.
    describe.skip(`${name} (SKIPPED: ${found.reason})`, () => tests(standIn));
  }
}

function isAbsent(found: unknown): found is Absent {
  return typeof found === 'object' && found !== null && 'reason' in found;
}
