import { WARNINGS, warningText, type WarningCode } from './warnings.ts';

test.each(Object.keys(WARNINGS) as WarningCode[])('%s: within the 120 characters that Kubernetes advises', (code) => {
  expect(warningText(code).length).toBeLessThanOrEqual(120);
  // It travels in an HTTP header.
  expect(warningText(code)).toMatch(/^[\x20-\x7e]+$/);
  expect(warningText(code)).toMatch(new RegExp(`^rolechain: [A-Z].*\\. [A-Z].*\\. \\[${code}\\]$`));
});
