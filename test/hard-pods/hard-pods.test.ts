/** Every hard pod through the webhook's own routes, without an apiserver; apiserver.test.ts has the real one. */
import type { PodObject } from '@rolechain/kit/pod.ts';
import { REASONS, reasonEntry, type ReasonCode } from '@rolechain/shared';
import { admitInProcess, reviewResponse, type InProcess } from '@rolechain/webhook/testing/in-process.ts';
import { patched, review } from '@rolechain/webhook/testing/server.ts';
import { unmanagedChanges } from '@rolechain/kit/unmanaged/fresh.ts';
import { NO_PROXY_VARIABLES } from '@rolechain/kit/unmanaged/names.ts';
import { unmanagedPart } from '@rolechain/kit/unmanaged/part.ts';
import { ACCOUNTS, NAMESPACES, limitRulesIn } from './accounts.ts';
import { leftAlone, markOf, skippedFor, written, type HardPod } from './row.ts';
import { ROWS } from './rows.ts';
import { settingsOf, VARIANTS, type Variant } from './variants.ts';

type Response = NonNullable<ReturnType<typeof reviewResponse>>;

const webhooks = new Map<string, InProcess>();
beforeAll(async () => {
  for (const variant of Object.keys(VARIANTS) as Variant[]) {
    const webhook = await admitInProcess({
      settings: () => settingsOf(variant),
      namespaceDefaultRole: settingsOf(variant).namespaceDefaultRole,
      lookup: (namespace, name) => {
        const annotations: Readonly<Record<string, string>> | undefined = (ACCOUNTS as Partial<typeof ACCOUNTS>)[
          name as keyof typeof ACCOUNTS
        ];
        return Promise.resolve(annotations && { namespace, name, annotations });
      },
      limitRulesOf: limitRulesIn,
      lookupNamespace: (name) => Promise.resolve(NAMESPACES[name as keyof typeof NAMESPACES].annotations),
    });
    webhooks.set(variant, webhook);
  }
});
afterAll(() => Promise.all([...webhooks.values()].map(({ close }) => close())));

async function admit(
  row: HardPod,
  pod = written(row),
): Promise<{ readonly response: Response; readonly pod: PodObject }> {
  const { variant = 'refuse', namespace = 'shop', request } = row;
  const answer = await webhooks.get(variant)?.mutate(review(pod, { namespace, ...request }));
  const response = answer && reviewResponse(answer);
  if (!response) throw new Error(`no response: ${answer?.text}`);
  return { response, pod: response.patch === undefined ? pod : patched(pod, response) };
}

describe.each(ROWS)('%s', (_name, row) => {
  const { outcome, reason, says, shows, isCopy } = row;

  test(`is ${outcome}: ${reason}`, async () => {
    const { response, pod } = await admit(row);
    expect(response.auditAnnotations).toEqual({ reason });
    expect(response.allowed).toBe(outcome !== 'refused');
    const said = [response.status?.message, ...(response.warnings ?? [])].join('\n');
    if (outcome === 'refused') expect(said).toContain(`[${reason}]`);
    if (says) expect(said).toMatch(says);
    if (outcome === 'injected') expect(leftAlone(pod)).toEqual(row.leftAlone ?? {});
    if (shows) expect(shows[0](pod)).toEqual(shows[1]);
    expect(skippedFor(pod)).toBe(markOf(row));
  });

  test('nothing foreign changes, and a second call changes nothing', async () => {
    const before = written(row);
    const variables = row.variant === 'noProxy' ? NO_PROXY_VARIABLES : [];
    const once = await admit(row);
    if (once.response.patch === undefined) return;
    expect(outcome).not.toBe('refused');
    if (isCopy) expect(unmanagedPart(once.pod)).toEqual(unmanagedPart(before));
    else expect(unmanagedChanges(before, once.pod, { variables })).toEqual([]);
    expect((await admit(row, once.pod)).pod).toEqual(once.pod);
  });
});

test('every reason code of the webhook is drawn by a hard pod', () => {
  const codes = (Object.keys(REASONS) as ReasonCode[]).filter((code) => reasonEntry(code).by === undefined);
  const drawn = new Set(ROWS.flatMap(([, { reason, leftAlone: alone = {} }]) => [reason, ...Object.values(alone)]));
  expect([...drawn].sort()).toEqual(codes.sort());
});

test('every conflict is tried under both settings', () => {
  for (const [code, entry] of Object.entries(REASONS)) {
    if (!('conflict' in entry)) continue;
    const tried = ROWS.filter(
      ([, row]) =>
        row.variant !== 'defaultRole' &&
        (row.reason === code || Object.values(row.leftAlone ?? {}).includes(code as ReasonCode)),
    );
    const under = new Set(tried.map(([, { variant = 'refuse' }]) => variant));
    expect([code, under.has('refuse'), under.has('warn')]).toEqual([code, true, true]);
  }
});
