/** Bodies that are meant to bring the webhook down, over HTTP, to a process with the memory that it ships with. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LIMITS } from '@rolechain/shared';
import { plainPod } from '@rolechain/webhook/testing';
import { call, type Answer } from '@rolechain/webhook/testing/https.ts';
import { responseOf, review } from '@rolechain/webhook/testing/server.ts';
import { ROOT } from '../fixture/install.ts';
import { parseManifests } from '@rolechain/kit/manifests.ts';

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: { readonly resources: { readonly limits: { readonly memory: string } } }[];
      };
    };
  };
}
const [deployment] = parseManifests(readFileSync(join(ROOT, 'manifests/base/deployment.yaml'), 'utf8')).filter(
  ({ kind }) => kind === 'Deployment',
) as unknown as Deployment[];
/** What a replica may take, in MiB. */
const memoryMiB = Number.parseInt(deployment?.spec.template.spec.containers[0]?.resources.limits.memory ?? '', 10);

let child: ChildProcess;
let address: { readonly port: number; readonly ca: string };

beforeAll(async () => {
  // About what Node takes for its heap where a container's memory is limited so.
  const args = [`--max-old-space-size=${memoryMiB / 2}`, join(import.meta.dirname, 'listening.ts')];
  // It ends when its stdin does, and so with this process, however that ends.
  child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  address = JSON.parse(line) as typeof address;
});
afterAll(async () => {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
});

const mutate = (body: string): Promise<Answer> => call({ ...address, path: '/mutate', method: 'POST', body });
/**
 * What a client sees whose body is refused before it is all there: the answer, or, where it still writes when the server
 * closes, the end of the connection. For an apiserver both are failed calls.
 */
const REFUSED_EARLY: readonly string[] = ['413 ReviewTooLarge', 'EPIPE', 'ECONNRESET'];
const outcomeOf = (answer: Answer): string => {
  if (answer.status !== 200) return `${answer.status} ${(JSON.parse(answer.text) as { code: string }).code}`;
  return responseOf(answer).auditAnnotations.reason ?? '';
};
const podWith = (text: string, spec: Record<string, unknown> = { containers: 'x' }): string =>
  review(plainPod(spec)).replace('"x"', text);
const repeated = (piece: string, bytes: number): string => `[${piece.repeat(bytes / piece.length)}1]`;
const room = LIMITS.reviewBytes - 2000;
const containers = (count: number): unknown[] => Array.from({ length: count }, (_, index) => ({ name: `c${index}` }));

const HOSTILE: readonly [string, () => string, string][] = [
  ['lists without an end', () => '['.repeat(LIMITS.reviewBytes), '400 ReviewMalformed'],
  ['lists in each other', () => '['.repeat(room / 2) + ']'.repeat(room / 2), '400 ReviewMalformed'],
  [
    'maps in each other inside a pod',
    () => podWith('{"a":'.repeat(5000) + '1' + '}'.repeat(5000)),
    '400 ReviewMalformed',
  ],
  [
    'lists at the limit of depth',
    () => podWith('['.repeat(490) + ']'.repeat(490), { containers: [], deep: 'x' }),
    'NoContainerSelected',
  ],
  ['empty maps', () => podWith(repeated('{},', room)), '413 ReviewTooLarge'],
  ['as many empty maps as there may be', () => podWith(repeated('{},', 3 * 99_000)), 'PodTooLarge'],
  ['numbers for containers', () => podWith(repeated('1,', room)), '413 ReviewTooLarge'],
  ['as many of them as there may be', () => podWith(repeated('1,', 2 * 249_000)), 'PodTooLarge'],
  [
    'a text within it',
    () => podWith(JSON.stringify('x'.repeat(room)), { containers: [], deep: 'x' }),
    'NoContainerSelected',
  ],
  ['quotes', () => '"'.repeat(LIMITS.reviewBytes), '400 ReviewMalformed'],
  ['backslashes', () => `"${'\\'.repeat(LIMITS.reviewBytes - 10)}`, '400 ReviewMalformed'],
  [
    'keys',
    () =>
      review(plainPod({}, Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`rolechain.io/${i}`, ''])))),
    'PodTooLarge',
  ],
  ['20,000 containers', () => review(plainPod({ containers: containers(20_000) })), 'PodTooLarge'],
];

test.each(HOSTILE)('%s', async (_name, body, expected) => {
  expect(outcomeOf(await mutate(body()))).toBe(expected);
});

test('a text over the limit', async () => {
  const sent = mutate(podWith(JSON.stringify('x'.repeat(LIMITS.reviewBytes))));
  const seen = await sent.then(outcomeOf, (error: unknown) => (error as NodeJS.ErrnoException).code);
  expect(REFUSED_EARLY).toContain(seen);
  expect(outcomeOf(await mutate(review()))).toBe('Injected');
});

test('several at once leave it alive, within the memory that it ships with', async () => {
  const answers = await Promise.all(HOSTILE.slice(0, 4).map(([, body]) => mutate(body())));
  expect(answers.map(outcomeOf)).toEqual(HOSTILE.slice(0, 4).map(([, , expected]) => expected));
  expect(outcomeOf(await mutate(review()))).toBe('Injected');
  expect(child.exitCode).toBeNull();
  const status = `/proc/${child.pid}/status`;
  if (!existsSync(status)) return;
  const peakKiB = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))?.[1]);
  expect(peakKiB / 1024).toBeLessThan(memoryMiB);
});
