/**
 * What applications see when the sidecar is killed and somebody else has its port for a while: only what the outage
 * costs. Each makes a request to STS again and again, every time with credentials of its own.
 */
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS, tokenFile } from '@rolechain/shared';
import { describeWhen } from '@rolechain/kit/when.ts';
import { locateSdks, startClient, type Client, type Result } from '../faults/clients.ts';
import { answerOf, codeOf, useBench } from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { writtenAt, type RunningSidecar } from './harness.ts';
import { takePort } from './intruder.ts';

const bench = useBench();
/** More than the SDK's own patience with whatever it meets. */
const TIMEOUT_MS = 600_000;

const said = (results: readonly Result[]): readonly string[] => results.map(({ error = 'ok' }) => error);

for (const [name, found] of Object.entries(locateSdks())) {
  describeWhen(
    name,
    found,
    (command) => {
      let client: Client | undefined;
      afterEach(() => client?.stop());

      function startApplication(sidecar: RunningSidecar): Client {
        const url = `http://127.0.0.1:${sidecar.ports.credentials}${PATHS.credentials}`;
        const token = join(bench.files.root, tokenFile('default'));
        client = startClient(name, { [name]: command }, url, token, bench.sts.url);
        return client;
      }

      /** Waits for so many results that began at `from` or later, as long as the test may take. */
      async function resultsFrom({ results }: Client, from: number, count: number): Promise<readonly Result[]> {
        const since = (): readonly Result[] => results.filter((result) => result.from >= from);
        return eventually(`${count} results`, () => since().length >= count && since(), { ms: Infinity });
      }

      test(
        'no error in a request that begins once the sidecar is back',
        async () => {
          const first = await bench.start();
          await answerOf(first, 200);
          const application = startApplication(first);
          expect(new Set(said(await resultsFrom(application, 0, 2)))).toEqual(new Set(['ok']));
          first.signal('SIGKILL');
          await first.ended;

          const intruder = await takePort(first.ports.credentials);
          const stolen = await eventually('the application sends its token', () => intruder.collected[0]);
          expect(stolen).toBe(bench.files.readToken());
          await intruder.giveBack();
          const second = await bench.start({ ports: first.ports });
          const written = await eventually('it listens', () => writtenAt(second));
          expect(new Set(said(await resultsFrom(application, written, 5)))).toEqual(new Set(['ok']));

          // What it sent in the outage was never called unknown: Go's SDK would have ended.
          expect(second.output().out).not.toContain('"TokenUnknown"');
          const reply = codeOf(await second.ask({ headers: { authorization: stolen } }));
          expect(['503 TokenReplaced', '401 TokenUnknown']).toContain(reply);
        },
        TIMEOUT_MS,
      );

      /** False where the application had no connection left when the port came back. */
      async function keepsItsConnection(): Promise<boolean> {
        const first = await bench.start();
        await answerOf(first, 200);
        first.signal('SIGKILL');
        await first.ended;
        const old = bench.files.readToken();
        const intruder = await takePort(first.ports.credentials, (_request, response) =>
          response.writeHead(503, { 'content-type': 'application/json' }).end('{}'),
        );
        const application = startApplication(first);
        await eventually('the application sends its token', () => intruder.collected.length > 0);
        intruder.stopListening();
        const second = await bench.start({ ports: first.ports });
        const isShared = (): boolean => second.output().out.includes('"PortShared"');
        await eventually('the port is bound', () => isShared() || (intruder.connections() === 0 && writtenAt(second)));
        // Long enough for the tries of each of them, most over what they keep.
        await resultsFrom(application, 0, 1);
        const kept = isShared();
        await intruder.giveBack();
        const written = await eventually('it writes', () => writtenAt(second));
        expect(new Set(said(await resultsFrom(application, written, 3)))).toEqual(new Set(['ok']));
        expect(new Set(intruder.collected)).toEqual(new Set([old]));
        return kept;
      }

      test(
        'over a connection that it keeps to anyone who had the port, it sends no new token',
        async () => {
          // Starved for 5 s, Node's client gives its idle connection up: then there was none to keep.
          for (let tries = 0; tries < 5; tries++) if (await keepsItsConnection()) return;
          throw new Error('it kept a connection in none of 5 tries');
        },
        TIMEOUT_MS,
      );

      test(
        'the first request, whose token is read after the bind and before the write',
        async () => {
          const first = await bench.start();
          await answerOf(first, 200);
          first.signal('SIGKILL');
          await first.ended;
          // In the way of the file that is to be renamed.
          const folder = join(bench.files.root, `${tokenFile('default')}.new`);
          mkdirSync(folder);
          const second = await bench.start({ ports: first.ports });
          await eventually('the port is bound', () => second.output().out.includes('"TokenUnwritable"'));
          const application = startApplication(second);
          await eventually('it is held', async () =>
            (await second.health(PATHS.metrics)).body.includes('rolechain_held_requests 1\n'),
          );
          rmdirSync(folder);
          const [one, ...more] = said(await resultsFrom(application, 0, 4));
          // JavaScript reads the file at each try, Go at each of its requests; botocore once for its three tries.
          if (name !== 'botocore') expect(one).toBe('ok');
          expect(new Set(more)).toEqual(new Set(['ok']));
          expect(second.output().out).not.toContain('"TokenUnknown"');
        },
        TIMEOUT_MS,
      );
    },
    [''],
  );
}
