/** The pages of the site: the one table that the sidebar, the addresses and the tests are made from. */

export interface Page {
  /** From the root of the repository. */
  readonly file: string;
  /** In the sidebar. The page's own heading may be longer. */
  readonly title: string;
}
export interface Section {
  readonly title: string;
  readonly pages: readonly Page[];
  /** Shut until a page of it is open. */
  readonly isFolded?: boolean;
}

const page = (file: string, title: string): Page => ({ file, title });

/** Everything below docs/ and adr/, and the pages of the root. `test/site` holds it against what is there, both ways. */
export const SECTIONS: readonly Section[] = [
  {
    title: 'Start',
    pages: [
      page('README.md', 'What rolechain is'),
      page('docs/quick-start.md', 'Quick start'),
      page('docs/concepts.md', 'Concepts'),
      page('docs/when-not.md', "When you don't need it"),
    ],
  },
  {
    title: 'Install',
    pages: [
      page('docs/install.md', 'Install'),
      page('docs/base-identity.md', 'Base identity'),
      page('docs/policies.md', 'IAM policies'),
      page('docs/private-registry.md', 'Private registries'),
      page('docs/webhook-order.md', 'Beside other webhooks'),
      page('docs/ipv6.md', 'IPv6'),
    ],
  },
  {
    title: 'Operate',
    pages: [
      page('docs/operations.md', 'Operations'),
      page('docs/guard.md', 'While the webhook is down'),
      page('docs/certificates.md', 'Certificates'),
      page('docs/apiserver-identity.md', 'Client certificate of the apiserver'),
      page('docs/metrics.md', 'Metrics'),
      page('docs/runbooks.md', 'Runbooks'),
      page('docs/performance.md', 'Performance'),
    ],
  },
  {
    title: 'Troubleshoot',
    pages: [
      page('docs/troubleshooting.md', 'Troubleshooting'),
      page('docs/errors.md', 'Error codes'),
      page('docs/pods.md', 'Which pods are injected'),
      page('docs/faults.md', 'While AWS fails'),
      page('docs/faq.md', 'Questions'),
    ],
  },
  {
    title: 'Reference',
    pages: [
      page('docs/reference.md', 'Fields and settings'),
      page('docs/cli.md', 'Command line'),
      page('docs/sdks.md', 'SDKs and variables'),
      page('docs/schemas/README.md', 'JSON Schemas'),
    ],
  },
  {
    title: 'Security',
    pages: [page('docs/threat-model.md', 'Threat model at a glance'), page('SECURITY.md', 'Security')],
  },
  {
    title: 'Compare',
    pages: [page('docs/comparison.md', 'Comparison'), page('docs/migration.md', 'Migration')],
  },
  {
    title: 'Contribute',
    pages: [
      page('CONTRIBUTING.md', 'Contributing'),
      page('docs/style.md', 'How texts read'),
      page('docs/release.md', 'Releases'),
      page('CHANGELOG.md', 'Changelog'),
      page('CODE_OF_CONDUCT.md', 'Code of conduct'),
    ],
  },
  {
    title: 'Decisions',
    isFolded: true,
    pages: [
      page('adr/README.md', 'All decisions'),
      page('adr/0001-the-house.md', '1 Packages and borders'),
      page('adr/0002-raw-json-additive-patch.md', '2 Raw JSON, additive patch'),
      page('adr/0003-beside-the-eks-webhook.md', '3 Beside the EKS webhook'),
      page('adr/0004-fail-open.md', '4 Fail open'),
      page('adr/0005-credentials-endpoint.md', '5 Credentials endpoint'),
      page('adr/0006-own-list-watch-loop.md', '6 List and watch loop'),
      page('adr/0007-certificates.md', '7 Certificates'),
      page('adr/0008-one-environment-variable.md', '8 One environment variable'),
      page('adr/0009-language-and-libraries.md', '9 Language and libraries'),
      page('adr/0010-doubles-and-a-real-apiserver.md', '10 Doubles, a real apiserver'),
      page('adr/0011-external-id-from-a-secret.md', '11 External ID from a Secret'),
      page('adr/0012-kept-base-credentials.md', '12 Kept base credentials'),
      page('adr/0013-small-sidecar.md', '13 A small sidecar'),
      page('adr/0014-bounds-before-yaml.md', '14 Bounds before YAML'),
      page('adr/0015-aws-time.md', "15 AWS's time"),
      page('adr/0016-house.md', '16 Folders by purpose'),
      page('adr/0017-default-role.md', '17 A default role'),
      page('adr/0018-audit-and-the-guard.md', '18 Audit and the guard'),
      page('adr/0019-command-line.md', '19 The command line'),
      page('adr/0020-one-pace-of-tries.md', '20 One pace of tries'),
      page('adr/0021-rotation.md', '21 Rotation'),
      page('adr/0022-cert-manager.md', '22 cert-manager'),
    ],
  },
];

/** By file. */
export const PAGES: ReadonlyMap<string, Page> = new Map(
  SECTIONS.flatMap(({ pages }) => pages.map((one) => [one.file, one])),
);
export const FILES: readonly string[] = [...PAGES.keys()];

/** In the bar at the top. */
export const TOP: readonly Page[] = [
  page('docs/quick-start.md', 'Quick start'),
  page('docs/reference.md', 'Reference'),
  page('docs/troubleshooting.md', 'Troubleshooting'),
];

/** Where a page stands on the site: `docs/install.md` at `install.md`, `adr/README.md` at `adr/index.md`. */
export function placeOf(file: string): string {
  return file
    .replace(/^docs\//, '')
    .replace(/(^|\/)README\.md$/, '$1index.md')
    .replace(/^[A-Z_]+\.md$/, (name) => name.toLowerCase().replaceAll('_', '-'));
}

/** Without the name of a folder's own page. */
export function addressOf(file: string): string {
  return `/${placeOf(file).replace(/(^|\/)index\.md$/, '$1')}`;
}
