/**
 * Each block of code in the README, in SECURITY.md and in docs/ is run by a test of its own (blocks/held.ts) or read here, by its
 * language. A block of which nothing is known fails.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import { describeWhen } from '@rolechain/kit/when.ts';
import { AWS_CLI, locatePython } from '../clients/python.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { blocksIn, type Block } from '../fixture/page.ts';
import { account, namespace } from '../guard/installed.ts';
import { tryRun } from '../node/run.ts';
import { awsCommandsIn, problemsInShell } from './blocks/commands.ts';
import { lookAtYAML, problemsInHCL, problemsInJSON } from './blocks/data.ts';
import { HELD, type Row } from './blocks/held.ts';
import { FILES, PAGES, read } from './repository.ts';
import { readPage } from './tokens.ts';

/** A status that AWS never has. */
const TEAPOT = 418;
/** As the query protocol has it, of IAM: its client takes an empty answer for a broken one. Those of JSON go by the status. */
const ERROR = `<ErrorResponse><Error><Code>${TEAPOT}</Code></Error></ErrorResponse>`;

const ours = PAGES.filter((page) => /^(?:README|SECURITY|cli\/README|docs\/[\w-]+)\.md$/.test(page));
const BLOCKS = ours.flatMap((page) => blocksIn(page).map((block) => ({ page, ...block })));
type PageBlock = (typeof BLOCKS)[number];

const holds = (row: Row, { page, heading, language }: PageBlock): boolean =>
  row.page === page && row.languages.includes(language) && (row.headings?.includes(heading) ?? true);
const isHeld = (block: PageBlock): boolean => HELD.some((row) => holds(row, block));
const FREE = BLOCKS.filter((block) => !isHeld(block));

async function problemsIn({ language, text }: Pick<Block, 'language' | 'text'>): Promise<readonly string[]> {
  switch (language) {
    case 'sh':
      return problemsInShell(text);
    case 'yaml':
      return lookAtYAML(text).problems;
    case 'json':
      return problemsInJSON(text);
    case 'hcl':
      return problemsInHCL(text);
    default:
      return ['nothing holds it: a test that does is a row in test/documents/blocks/held.ts'];
  }
}

test.each(ours)('%s: each block is run or read', async (page) => {
  const all = FREE.filter((block) => block.page === page);
  const problems = await Promise.all(all.map(async (block) => ({ ...block, problems: await problemsIn(block) })));
  expect(problems.filter((block) => block.problems.length > 0)).toEqual([]);
});

/** A page that another branch brings has its row before it. */
const THERE = HELD.filter(({ page }) => PAGES.includes(page));

test.each(THERE.map((row) => [`${row.page}, ${row.headings?.join(', ') ?? 'all'}`, row] as const))(
  '%s: it is held where the table says',
  (_, row) => {
    const blocks = BLOCKS.filter((block) => holds(row, block));
    expect(blocks.length).toBeGreaterThan(0);
    if (row.headings) expect(blocks).toHaveLength(row.count ?? 0);
    expect(FILES).toContain(row.by);
    expect(read(row.by)).toContain(row.page);
  },
);

test.each(ours)('%s: addresses of others are written as such', (page) => {
  const addresses = readPage(read(page)).links.filter((link) => /^[a-z]+:/.test(link));
  expect(addresses.filter((address) => !URL.canParse(address) || !address.startsWith('https://'))).toEqual([]);
});

describe('a block that is wrong is found', () => {
  test.each([
    ['text', 'anything'],
    ['', 'anything'],
    ['yaml', 'a: [\n'],
    ['yaml', 'kind: ServiceAccount\nmetadata: {annotations: {rolechain.io/assume-role: arn:aws:iam::2:role/x}}\n'],
    ['yaml', 'rolechain.io/assume-role: "{roleARN: arn:aws:iam::222222222222:role/x, rolls: {}}"\n'],
    ['yaml', 'kind: Pod\nmetadata: {annotations: {rolechain.io/assume-role: arn:aws:iam::222222222222:role/x}}\n'],
    ['yaml', 'stsEndpoint: 3\n'],
    ['yaml', 'image: {tagg: x}\n'],
    ['yaml', 'kind: PodMonitor\nmetadata: {name: x}\nspec: {endpoints: []}\n'],
    ['yaml', '# yaml-language-server: $schema=docs/schemas/none.json\n'],
    ['json', '{"Effect": "Allow"'],
    ['json', '{"Effect": "Allow", "Action": "sts:AssumeRoles", "Principal": {"AWS": "arn:aws:iam::1:role/x"}}'],
    ['json', '{"Effect": "Allow", "Action": "s3", "Principal": "*", "Resource": "arn:aws:s3:::x"}'],
    ['json', '{"a": 1}'],
    ['hcl', 'resource "a" {\n'],
    ['sh', 'rolechain explian pod x\n'],
    ['sh', 'rolechain explain pod x --colour\n'],
    ['sh', 'npx -y pnpm@10 rolechain status --watching\n'],
    ['sh', 'npx -y pnpm@10 dmeo\n'],
    ['sh', 'docker build -f Dockerfile.none -t x .\n'],
    ['sh', 'kubectl apply -f deploy.yaml\n'],
    ['sh', 'kubectl apply -f - | rolechain inject -g x\n'],
    ['sh', 'source <(rolechain completion tcsh)\n'],
  ])('%s: %s', async (language, text) => {
    expect(await problemsIn({ language, text })).not.toEqual([]);
  });
});

describeWhen(
  'commands of the AWS CLI',
  locatePython(AWS_CLI),
  (python) => {
    let home: string;
    let server: Server;
    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), 'rolechain-aws-'));
      server = createServer((_, response) => response.writeHead(TEAPOT).end(ERROR)).listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterAll(() => {
      server.close();
      rmSync(home, { recursive: true });
    });

    /** It holds parameters against AWS' own models before it sends anything; what comes back from here is of no service. */
    const problem = async (args: readonly string[]): Promise<string> => {
      const { port } = server.address() as AddressInfo;
      const keys = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_DEFAULT_REGION: 'eu-central-1' };
      const env = { PATH: process.env.PATH, HOME: home, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ...keys };
      const written = args.map((arg) => (arg === 'SECONDS' ? '3600' : arg));
      const { code, stderr } = await tryRun(python, ['-m', 'awscli', ...written], { env });
      return code === 0 || stderr.includes(`An error occurred (${TEAPOT}) when calling`) ? '' : stderr;
    };
    const all = FREE.filter(({ language }) => language === 'sh').flatMap(({ text }) => awsCommandsIn(text));

    test.each(all.map((args) => [args.join(' '), args] as const))('aws %s', async (_, args) => {
      expect(await problem(args)).toBe('');
    });

    test('there are some, and a wrong one is found', async () => {
      expect(all.length).toBeGreaterThan(2);
      expect(await problem(['eks', 'create-pod-identity-association', '--cluster', 'x'])).not.toBe('');
      expect(await problem(['iam', 'update-role', '--role-name', 'x', '--max-session-duration', 'long'])).not.toBe('');
    });
  },
  '',
);

describeWithCluster('objects of the API, in a dry run of a real apiserver', (cluster) => {
  const objects = FREE.filter(({ language }) => language === 'yaml').flatMap(({ page, text }) =>
    lookAtYAML(text).objects.map((object) => ({ page, object })),
  );

  test('each is one', async () => {
    const spaces = new Set(objects.flatMap(({ object }) => object.metadata.namespace ?? []));
    // Nobody makes a ServiceAccount `default` here, and a pod's own stands in another block.
    const around = [...spaces].flatMap((name) => [namespace(name), account(name, 'default'), account(name, 'orders')]);
    await applyAll(cluster().kubeConfig, around);
    const api = KubernetesObjectApi.makeApiClient(cluster().kubeConfig);
    const refusals: string[] = [];
    for (const { page, object } of objects) {
      const { name = '' } = object.metadata;
      // What the reader has to write is in upper case.
      const named = { ...object, metadata: { ...object.metadata, name: name.toLowerCase() } };
      await api
        .patch(named, undefined, 'All', 'pages', true, PatchStrategy.ServerSideApply)
        .catch((error: unknown) => refusals.push(`${page}: ${object.kind}: ${String(error)}`));
    }
    expect(objects.length).toBeGreaterThan(8);
    expect(refusals).toEqual([]);
  });
});
