/** Closes a run with the plain line `N passed, N failed, N skipped`, after jest's own summary. */
export class PlainLineReporter {
  onRunComplete(_contexts, results) {
    // A suite that failed to start has no test to count, yet is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
export { PlainLineReporter as default };
