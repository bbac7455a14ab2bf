/**
 * `node test/walk/walk.ts [--json]`: the files of ours that one review of a pod enters, with the functions and how often each
 * is called, as V8 counts them. Of a pod whose ServiceAccount asks for nothing, and of one that is injected; each is reviewed
 * once before, so that what is kept of ServiceAccounts is there, as it is for all but their first pod.
 */
import { Session } from 'node:inspector/promises';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { account, plainPod } from '@rolechain/webhook/testing/fixtures.ts';
import { admitInProcess, type InProcess } from '@rolechain/webhook/testing/in-process.ts';

/** How often each function is called, by the file's path and the function's name; nameless ones are counted as their file. */
export type Walk = Readonly<Record<string, Readonly<Record<string, number>>>>;
export type Walks = Readonly<Record<'unannotated' | 'injected', Walk>>;

const ROOT = dirname(dirname(import.meta.dirname));

const bodyFor = (serviceAccountName: string): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'walk',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace: 'shop',
      object: plainPod({ serviceAccountName }),
    },
  });

async function walk(server: InProcess, serviceAccount: string): Promise<Walk> {
  const body = bodyFor(serviceAccount);
  await server.mutate(body);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await server.mutate(body);
  const { result } = await session.post('Profiler.takePreciseCoverage');
  session.disconnect();
  const files: Record<string, Record<string, number>> = {};
  for (const { url, functions } of result) {
    const path = url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : '';
    if (!/^(?:webhook|shared)\/src\//.test(path) || path.includes('/testing/')) continue;
    const called = functions.flatMap(({ functionName, ranges }) => {
      const count = ranges[0]?.count ?? 0;
      return count > 0 ? [[functionName, count] as const] : [];
    });
    if (called.length > 0) files[path] = Object.fromEntries(called.filter(([name]) => name !== ''));
  }
  return files;
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const server = await admitInProcess({
  lookup: (_namespace, name) => Promise.resolve(account(name === 'orders' ? undefined : '')),
});
const walks: Walks = { unannotated: await walk(server, 'plain'), injected: await walk(server, 'orders') };
await server.close();
process.stdout.write(values.json ? `${JSON.stringify(walks)}\n` : table(walks));

function table(all: Walks): string {
  return Object.entries(all)
    .map(([pod, files]) => {
      const lines = Object.entries(files)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([path, called]) => `  ${path}: ${textOf(called)}\n`);
      return `${pod}: ${lines.length} files\n${lines.join('')}`;
    })
    .join('\n');
}

function textOf(called: Readonly<Record<string, number>>): string {
  return Object.entries(called)
    .map(([name, count]) => (count === 1 ? name : `${name} ×${count}`))
    .join(', ');
}
