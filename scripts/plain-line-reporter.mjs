/**
 * Closes a run, after jest's own summary: the search for secrets in all that was said, where scripts/test.ts has it
 * recorded, and last the plain line `N passed, N failed, N skipped`.
 */
import { RECORDS_VARIABLE } from '../test/kit/record.ts';
import { judge, readRecords } from '../test/secrets/records.ts';

export class PlainLineReporter {
  constructor({ testPathPatterns, testNamePattern }) {
    const isWhole = testPathPatterns.patterns.length === 0 && !testNamePattern;
    // Where a counterpart is absent, tests are skipped, but not in CI. A part of the suite may rightly say nothing.
    this.demand = !isWhole ? 'nothing' : process.env.CI === 'true' ? 'every channel' : 'something';
    this.failures = [];
  }

  async onRunComplete(_contexts, results) {
    const folder = process.env[RECORDS_VARIABLE];
    if (folder) {
      const { line, failures } = judge(await readRecords(folder), this.demand);
      this.failures = failures;
      process.stdout.write(`\n${[line, ...failures].join('\n')}\n`);
    }
    // A suite that failed to start has no test to count, yet is a failure; so is the search as a whole.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + (this.failures.length > 0 ? 1 : 0);
    const skipped = results.numPendingTests + results.numTodoTests;
    process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`);
  }

  /** By this jest knows that the run has failed. */
  getLastError() {
    return this.failures.length > 0 ? new Error('the secret search failed') : undefined;
  }
}
export { PlainLineReporter as default };
