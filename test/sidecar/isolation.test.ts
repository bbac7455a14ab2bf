/** Two containers on one sidecar: each gets its own role, and by no way the other's. */
import { asRole, AUDIT, firstAnswer, answerOf, codeOf, hop, useBench } from './bench.ts';
import type { AskOptions } from './harness.ts';

const bench = useBench();
const ROLES = ['default', 'audit'] as const;
const ACCOUNT_OF = { default: '222222222222', audit: '333333333333' };

test('each container gets its role, and neither the other by any of the ways', async () => {
  const sidecar = await bench.start({ roles: { default: {}, audit: { hops: [hop(AUDIT)] } } });
  await firstAnswer(sidecar);
  for (const own of ROLES) {
    const reply = await answerOf(sidecar, 200, asRole(bench.files, own));
    expect(reply.data.AccountId).toBe(ACCOUNT_OF[own]);
  }
  for (const own of ROLES) {
    const other = ROLES.find((role) => role !== own) ?? own;
    const path = `/v1/credentials/${other}`;
    const authorization = bench.files.readToken(other);
    const guessed = `${authorization.slice(0, -1)}${authorization.endsWith('A') ? 'B' : 'A'}`;
    const ways: [string, AskOptions, string][] = [
      [
        "the other's URL with its own token",
        { path, headers: { authorization: bench.files.readToken(own) } },
        '403 RoleForbidden',
      ],
      ['no token', { path, headers: { authorization: '' } }, '401 TokenMissing'],
      ['a guessed token', { path, headers: { authorization: guessed } }, '401 TokenUnknown'],
      ['a part of it', { path, headers: { authorization: authorization.slice(0, 42) } }, '401 TokenUnknown'],
      [
        'both tokens',
        { path, headers: { authorization: `${bench.files.readToken(own)},${authorization}` } },
        '401 TokenUnknown',
      ],
      [
        'the token in the path',
        { path: `${path}?authorization=${authorization}`, headers: { authorization: '' } },
        '401 TokenMissing',
      ],
      ['a forged Host', { path, headers: { authorization, host: 'rebound.example' } }, '403 HostForbidden'],
      ['localhost as Host', { path, headers: { authorization, host: 'localhost' } }, '403 HostForbidden'],
      [
        'a path around it',
        { path: `/v1/credentials/${own}/../${other}`, headers: { authorization } },
        '404 PathUnknown',
      ],
      [
        'an escaped name',
        { path: `/v1/credentials/%61${other.slice(1)}`, headers: { authorization } },
        '403 RoleForbidden',
      ],
      ['a page: Origin', { path, headers: { authorization, origin: 'http://evil.example' } }, '403 BrowserForbidden'],
      ['a page without an origin', { path, headers: { authorization, origin: 'null' } }, '403 BrowserForbidden'],
      [
        'a page: Referer',
        { path, headers: { authorization, referer: 'http://evil.example/' } },
        '403 BrowserForbidden',
      ],
      [
        'a page: Sec-Fetch-Site',
        { path, headers: { authorization, 'sec-fetch-site': 'cross-site' } },
        '403 BrowserForbidden',
      ],
      [
        'a page of the same origin',
        { path, headers: { authorization, 'sec-fetch-site': 'same-origin' } },
        '403 BrowserForbidden',
      ],
      [
        'a preflight',
        { path, method: 'OPTIONS', headers: { authorization: '', origin: 'http://evil.example' } },
        '403 BrowserForbidden',
      ],
    ];
    for (const [way, request, expected] of ways) {
      const reply = await sidecar.ask(request);
      expect([way, codeOf(reply)]).toEqual([way, expected]);
      expect(reply.body).not.toContain('AccessKeyId');
      expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  }
});

test("Node's own fetch, which sends Sec-Fetch-Mode, is no page", async () => {
  const sidecar = await bench.start();
  await answerOf(sidecar, 200);
  const url = `http://127.0.0.1:${sidecar.ports.credentials}/v1/credentials`;
  const answer = await fetch(url, { headers: { authorization: bench.files.readToken() } });
  expect(answer.status).toBe(200);
});
