/** The chart of a release: charts/rolechain as a package, whose values name the images that belong to it, by digest. */
import { cpSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '@rolechain/shared';
import { isScalar, parse, parseDocument } from 'yaml';
import { run, tryRun } from '../../test/node/run.ts';
import { ROOT } from '../build/root.ts';
import type { Digests } from './install.ts';

export const CHART_PACKAGE = `rolechain-${VERSION}.tgz`;
const CHART = join(ROOT, 'charts', 'rolechain');

/** What the values have in the place of each image's name: path in values.yaml → text. */
const imageValues = (registry: string, { webhook, sidecar }: Digests): readonly (readonly [string[], string])[] => [
  [['image', 'registry'], `${registry}/rolechain`],
  [['image', 'webhook', 'digest'], webhook],
  [['image', 'sidecar', 'digest'], sidecar],
];

/** values.yaml with these images, and its comments. Throws where it has no such field. */
export function withChartImages(values: string, registry: string, digests: Digests): string {
  const document = parseDocument(values);
  for (const [path, text] of imageValues(registry, digests)) {
    const node = document.getIn(path, true);
    if (!isScalar(node)) throw new Error(`values.yaml has no ${path.join('.')}`);
    node.value = text;
  }
  return document.toString({ lineWidth: 0 });
}

export interface Packaging {
  /** Where the package goes. */
  readonly folder: string;
  readonly registry: string;
  readonly digests: Digests;
  /** Seconds since 1970: the time of each file, so that a second package is the same. */
  readonly timestamp: number;
  /** URL of the repository. */
  readonly source: string | undefined;
  /** The program. */
  readonly helm: string;
}

export async function packageChart({ folder, registry, digests, timestamp, helm }: Packaging): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'rolechain-chart-'));
  try {
    const chart = join(work, 'rolechain');
    cpSync(CHART, chart, { recursive: true });
    const values = join(chart, 'values.yaml');
    writeFileSync(values, withChartImages(readFileSync(values, 'utf8'), registry, digests));
    for (const name of readdirSync(chart, { recursive: true, encoding: 'utf8' }))
      utimesSync(join(chart, name), timestamp, timestamp);
    await run(helm, ['package', chart, `--destination=${folder}`]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** One sentence for each field of the package in `folder` that says something else than it has to. Takes no helm. */
export async function packageProblems(folder: string, registry: string, digests: Digests): Promise<string[]> {
  const read = async (name: string): Promise<unknown> =>
    parse(await run('tar', ['--extract', '--gzip', '--to-stdout', `--file=${join(folder, CHART_PACKAGE)}`, name]));
  const { version, appVersion } = (await read('rolechain/Chart.yaml')) as Record<string, string>;
  const values = parseDocument(JSON.stringify(await read('rolechain/values.yaml')));
  const fields = [
    ['version', version, VERSION],
    ['appVersion', appVersion, VERSION],
    ...imageValues(registry, digests).map(([path, text]) => [path.join('.'), values.getIn(path), text] as const),
  ] as const;
  return fields.flatMap(([name, found, expected]) =>
    found === expected ? [] : [`${CHART_PACKAGE} has ${String(found)} for ${name}, not ${expected}`],
  );
}

/** One sentence where helm doesn't take the package, or what it renders of it doesn't name the images by digest. */
export async function renderingProblems(helm: string, { folder, registry, digests }: Packaging): Promise<string[]> {
  const path = join(folder, CHART_PACKAGE);
  const { code, stdout, stderr } = await tryRun(helm, ['template', 'rolechain', path, '--namespace=rolechain']);
  if (code !== 0) return [`helm doesn't render ${CHART_PACKAGE}: ${stderr.trim().slice(-1000)}`];
  const fields = { image: 'webhook', sidecarImage: 'sidecar' } as const;
  return Object.entries(fields).flatMap(([field, program]) => {
    const line = `${field}: ${registry}/rolechain/${program}@${digests[program]}`;
    return stdout.includes(` ${line}\n`) ? [] : [`${CHART_PACKAGE} doesn't render \`${line}\``];
  });
}
