/** Blocks of code that a test of their own runs, or holds against what is printed. All others are read by their language. */

export interface Row {
  readonly page: string;
  /** Absent: all of the page, which the test says itself. */
  readonly headings?: readonly string[];
  readonly languages: readonly string[];
  /** How many blocks: one more needs a test, too. Absent with `headings`. */
  readonly count?: number;
  /** It names the page. */
  readonly by: string;
}

export const HELD: readonly Row[] = [
  // What programs print; its commands are read as those of every page.
  { page: 'docs/troubleshooting.md', languages: ['text', ''], by: 'test/troubleshooting/README.md' },
  { page: 'README.md', headings: ['Install'], languages: ['sh'], count: 1, by: 'test/packages/install-page.test.ts' },
  {
    page: 'README.md',
    headings: ['What you get'],
    languages: ['diff', ''],
    count: 2,
    by: 'test/documents/shown.test.ts',
  },
  { page: 'docs/quick-start.md', languages: ['sh', 'json'], by: 'test/quick-start/quick-start.test.ts' },
  { page: 'docs/install.md', languages: ['sh'], by: 'test/packages/install-page.test.ts' },
  {
    page: 'docs/install.md',
    headings: ['GitOps'],
    languages: ['yaml'],
    count: 2,
    by: 'test/packages/gitops.test.ts',
  },
  { page: 'docs/operations.md', languages: ['sh'], by: 'test/operations/leaving.test.ts' },
  { page: 'docs/runbooks.md', languages: ['sh'], by: 'test/prometheus/monitoring.test.ts' },
  { page: 'docs/release.md', languages: ['sh', 'text'], by: 'test/release/commands.test.ts' },
  {
    page: 'docs/apiserver-identity.md',
    headings: ['A certificate', 'kubeadm, and apiservers that you run yourself'],
    languages: ['sh', 'yaml'],
    count: 5,
    by: 'test/webhook/client-ca.test.ts',
  },
  {
    page: 'docs/cli.md',
    headings: ['rolechain credential-process'],
    languages: ['ini'],
    count: 1,
    by: 'test/documents/shown.test.ts',
  },
  {
    page: 'docs/cli.md',
    headings: ['rolechain whois'],
    languages: ['text'],
    count: 1,
    by: 'test/documents/shown.test.ts',
  },
  { page: 'docs/guard.md', headings: ['The guard'], languages: [''], count: 1, by: 'test/documents/shown.test.ts' },
  {
    page: 'docs/base-identity.md',
    headings: ['From IRSA to Pod Identity, and back'],
    languages: [''],
    count: 1,
    by: 'test/documents/shown.test.ts',
  },
  {
    page: 'docs/policies.md',
    headings: ['Check in CI'],
    languages: ['text'],
    count: 1,
    by: 'test/documents/policies.test.ts',
  },
  {
    page: 'docs/guard.md',
    headings: ['Overlays'],
    languages: ['sh'],
    count: 1,
    by: 'test/documents/commands.test.ts',
  },
  {
    page: 'docs/certificates.md',
    headings: ["While a configuration is gone or can't be mended"],
    languages: ['sh'],
    count: 1,
    by: 'test/documents/commands.test.ts',
  },
  {
    page: 'docs/certificates.md',
    headings: ['cert-manager'],
    languages: ['sh'],
    count: 2,
    by: 'test/cert-manager/cert-manager.test.ts',
  },
  {
    page: 'docs/migration.md',
    headings: ['The way, for each of them'],
    languages: ['sh'],
    count: 3,
    by: 'test/documents/commands.test.ts',
  },
  // `generate --check` prints each example again.
  {
    page: 'docs/migration.md',
    headings: ['From IRSA with profiles', 'From epicac', 'From a target role of EKS'],
    languages: ['ini', 'json'],
    count: 3,
    by: 'scripts/generate/migration-page.ts',
  },
];
