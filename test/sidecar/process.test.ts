/** The sidecar as a process: restarts, signals, exit codes, ports, its log. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { PATHS, type PortsStatus, type SidecarStatus } from '@rolechain/shared';
import { freePort } from '@rolechain/kit/free-port.ts';
import { answerOf, codeOf, EXTERNAL_ID, firstAnswer, listens, ORDERS, useBench } from './bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { Reply, RunningSidecar } from './harness.ts';

const bench = useBench();

/** A request that is being held; one that was let go before that could be seen is asked again. */
async function heldRequest(sidecar: RunningSidecar): Promise<{ readonly reply: Promise<Reply> }> {
  for (;;) {
    const ended: Reply[] = [];
    const isOver = (): boolean => ended.length > 0;
    const reply = sidecar.ask();
    void reply.then((one) => ended.push(one));
    while (!isOver()) {
      const { body } = await sidecar.health('/metrics');
      if (!isOver() && body.includes('rolechain_held_requests 1')) return { reply };
    }
  }
}

describe('the process', () => {
  test('after a restart the old state does not count', async () => {
    const first = await bench.start();
    await firstAnswer(first);
    first.signal('SIGKILL');
    await first.ended;
    expect(await first.probe()).toEqual({ code: 1, out: 'rolechain is starting: its process is a new one\n' });
    const second = await bench.start({ ports: first.ports });
    await answerOf(second, 200);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s: a held request is answered, and it ends at once', async (name) => {
    bench.sts.failWhen(() => 'hang');
    const sidecar = await bench.start();
    await listens(sidecar);
    const began = performance.now();
    await sidecar.ask();
    const holdTook = performance.now() - began;
    const { reply } = await heldRequest(sidecar);
    const from = performance.now();
    sidecar.signal(name);
    expect(codeOf(await reply)).toMatch(/^503 (NotReady|StsUnreachable)$/);
    expect(await sidecar.ended).toEqual({ code: 0, signal: null });
    // The 0.8 s of a hold, as long as they are on this machine now: the contract allows a little more, and the fetch that
    // hangs would take six times as long.
    expect(performance.now() - from).toBeLessThan(3 * holdTook);
  });

  test('a configuration that is not valid: exit code 2 and one line that names the field', async () => {
    const sidecar = await bench.start({ roles: { default: { hops: [] } }, env: {} });
    expect(await sidecar.ended).toEqual({ code: 2, signal: null });
    expect(sidecar.output()).toEqual({
      out: '',
      err: expect.stringMatching(/^ConfigInvalid: ROLECHAIN_CONFIG\.roles\.default\.hops is .*a list of 1-6 hops.*\n$/),
    });
  });

  test('a port that another has: it waits for it, the probe says why', async () => {
    const credentials = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(credentials, '127.0.0.1', resolve));
    const sidecar = await bench.start({ ports: { credentials, health: await freePort() } });
    const waiting = await eventually('ListenFailed', async () => {
      const { code, out } = await sidecar.probe();
      return out.includes('ListenFailed') && { code, out };
    });
    expect(waiting).toEqual({ code: 1, out: expect.stringContaining(`port ${credentials}: EADDRINUSE`) });
    // Which port, who may have it, and what to do.
    const fix = /Another container of the pod uses it\. Declare it in that container's ports and recreate the pod/;
    expect(waiting.out).toMatch(fix);
    const ports = async (): Promise<PortsStatus | undefined> =>
      (JSON.parse((await sidecar.health(PATHS.status)).body) as SidecarStatus).ports;
    const error = {
      code: 'ListenFailed',
      message: expect.stringContaining(`port ${credentials}`),
      fix: expect.stringMatching(fix),
    };
    expect((await ports())?.credentials).toEqual({ port: credentials, error });
    other.close();
    expect((await firstAnswer(sidecar)).status).toBe(200);
    expect((await ports())?.credentials).toEqual({ port: credentials });
    await eventually('the probe passes', async () => (await sidecar.probe()).code === 0);
  });

  test("a program of the pod that wants one of its ports can't have it, and /status names them and the fix", async () => {
    const sidecar = await bench.start();
    await firstAnswer(sidecar);
    const { body } = await sidecar.health(PATHS.status);
    const { credentials, health, hint } = (JSON.parse(body) as SidecarStatus).ports ?? {};
    expect([credentials?.port, health?.port]).toEqual([sidecar.ports.credentials, sidecar.ports.health]);
    const taken: unknown[] = [];
    for (const port of [sidecar.ports.credentials, sidecar.ports.health]) {
      // As most programs do, on all addresses.
      const [error] = (await once(createServer().listen(port, '0.0.0.0'), 'error')) as [NodeJS.ErrnoException];
      taken.push(error.code);
    }
    expect(taken).toEqual(['EADDRINUSE', 'EADDRINUSE']);
    expect(hint).toMatch(/EADDRINUSE.*Declare it in that container's ports/);
  });

  test('its log names roles, errors and fixes, and no secret', async () => {
    bench.sts.failNext(1, {
      status: 400,
      code: 'ValidationError',
      message: `1 validation error detected: Value '${EXTERNAL_ID}' at 'externalId' failed`,
    });
    const sidecar = await bench.start();
    const { data } = await answerOf(sidecar, 200);
    await sidecar.ask({ headers: { authorization: 'not-a-token' } });
    sidecar.signal('SIGTERM');
    await sidecar.ended;
    const { out, err } = sidecar.output();
    expect(err).toBe('');
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const line = (message: string): object | undefined => lines.find((one) => one.message === message);
    expect(lines.map((one) => String(one.message)).sort()).toEqual([
      'credentials endpoint listens',
      'credentials fetched',
      'credentials not fetched',
      'request refused',
      'shutting down',
      'starting',
    ]);
    expect(line('starting')).toMatchObject({
      roles: [{ name: 'default', hops: [{ roleARN: ORDERS, sessionName: 'shop.orders-1' }] }],
    });
    expect(line('credentials not fetched')).toMatchObject({
      role: 'default',
      code: 'StsRejected',
      fix: expect.stringMatching(/./),
    });
    expect(line('request refused')).toMatchObject({ code: 'TokenUnknown', fix: expect.stringMatching(/./), times: 1 });
    const base = bench.agent.requests[0]?.token ?? '';
    const secrets = [data.SecretAccessKey, data.Token, bench.files.readToken(), base, EXTERNAL_ID, 'not-a-token'].map(
      String,
    );
    for (const secret of secrets) expect(out).not.toContain(secret);
  });
});
