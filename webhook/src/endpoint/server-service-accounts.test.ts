/** ServiceAccounts at the edge: `/validate`, and what is looked up around the account of a pod. */
import { ANNOTATIONS, CodedError, FOREIGN_KEYS } from '@rolechain/shared';
import type { ServerOptions } from './server.ts';
import { SETTINGS, TARGET, account, plainPod } from '../testing/fixtures.ts';
import { errorOf, responseOf, review, useServers, type TestServer } from '../testing/server.ts';

let running: TestServer;
const { start: startAnother } = useServers();
const start = async (changes: Partial<ServerOptions> = {}): Promise<void> => {
  running = await startAnother(changes);
};

const lookupNever = (): Promise<never> => Promise.reject(new Error('no look-up was to be made'));

describe('a ServiceAccount that is written', () => {
  const written = (annotation: string | undefined, name = 'orders'): string =>
    review(
      { metadata: { name, annotations: annotation === undefined ? {} : { [ANNOTATIONS.assumeRole.key]: annotation } } },
      { kind: { group: '', version: 'v1', kind: 'ServiceAccount' }, operation: 'UPDATE' },
    );
  const validate = (body: string): ReturnType<TestServer['ask']> =>
    running.ask({ path: '/validate?timeout=2s', method: 'POST', body });

  test('is allowed, with warnings', async () => {
    await start();
    const response = responseOf(await validate(written(`{roleARN: "${TARGET}", duration: 15m}`)));
    expect(response).toEqual({
      uid: 'b7ae3c1f',
      allowed: true,
      auditAnnotations: { reason: 'Accepted' },
      warnings: [expect.stringContaining('900 s is short')],
    });
  });

  test('is refused in the words that its pods get', async () => {
    await start({ lookup: () => Promise.resolve(account('{roleARN: no}')) });
    const response = responseOf(await validate(written('{roleARN: no}')));
    expect(response).toMatchObject({
      allowed: false,
      status: { code: 422, message: expect.stringContaining('is "no"') },
    });
    expect(responseOf(await running.mutate(review())).status).toEqual(response.status);
  });

  test('without our annotation needs no look-up and no Region', async () => {
    await start({ lookup: lookupNever, lookupNamespace: lookupNever, settings: () => undefined });
    expect(responseOf(await validate(written(undefined))).allowed).toBe(true);
  });

  test('is judged by its Namespace, and not at all where that can not be had', async () => {
    const allowedRoles = { [ANNOTATIONS.allowedRoles.key]: 'arn:aws:iam::1*:role/*' };
    await start({ lookupNamespace: () => Promise.resolve(allowedRoles) });
    expect(responseOf(await validate(written(TARGET)))).toMatchObject({
      allowed: false,
      auditAnnotations: { reason: 'RoleNotAllowed' },
    });
    await start({ lookupNamespace: () => Promise.reject(new CodedError('LookupFailed', 'Namespace shop: late.')) });
    expect(errorOf(await validate(written(TARGET)))).toBe('503 LookupFailed');
  });

  test('of the kind Namespace: its default role and the list of accounts are checked', async () => {
    const namespaceReview = (annotations: object, oldObject?: object): string =>
      review(
        { metadata: { name: 'shop', annotations } },
        { kind: { group: '', version: 'v1', kind: 'Namespace' }, operation: 'UPDATE', namespace: 'shop', oldObject },
      );
    const on = { ...SETTINGS, namespaceDefaultRole: true };
    await start({ settings: () => on, lookup: lookupNever, lookupNamespace: lookupNever });
    const { assumeRole, assumeRoleAccounts, allowedRoles } = ANNOTATIONS;
    for (const [annotations, reason, words] of [
      [{ [assumeRole.key]: TARGET, [assumeRoleAccounts.key]: 'orders team-*' }, 'Accepted', ''],
      [{ [assumeRole.key]: 'none' }, 'Accepted', ''],
      [{ [assumeRole.key]: '{roleARN: no}' }, 'DefaultRoleInvalid', 'is "no"'],
      [{ [assumeRole.key]: `{roleARN: "${TARGET}", credentialSource: environment}` }, 'SourceForbidden', 'environment'],
      [{ [assumeRole.key]: TARGET, [allowedRoles.key]: 'arn:aws:iam::1*:role/*' }, 'RoleNotAllowed', TARGET],
      [{ [assumeRoleAccounts.key]: 'orders orders[' }, 'DefaultAccountsInvalid', '"orders["'],
      [{ [assumeRoleAccounts.key]: ' '.repeat(1025) }, 'DefaultAccountsInvalid', '1024 bytes'],
    ] as const) {
      const { allowed, auditAnnotations, status } = responseOf(await validate(namespaceReview(annotations)));
      expect([allowed, auditAnnotations.reason]).toEqual([reason === 'Accepted', reason]);
      expect(status?.message ?? '').toContain(words);
    }
    // The list alone is new.
    const before = { metadata: { name: 'shop', annotations: { [assumeRole.key]: '{roleARN: no}' } } };
    await start({ settings: () => ({ ...on, allowedServiceAccounts: [] }) });
    const changed = { ...before.metadata.annotations, [assumeRoleAccounts.key]: 'orders' };
    expect(responseOf(await validate(namespaceReview(changed, before)))).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('[DefaultNotAllowed]')],
    });
    await start();
    expect(responseOf(await validate(namespaceReview({ [assumeRole.key]: TARGET })))).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('the setting namespaceDefaultRole is off')],
    });
  });

  describe('and means another role than before', () => {
    const KEY = ANNOTATIONS.assumeRole.key;
    const change = (kind: string, before: object | undefined, after: object, more: object = {}): string =>
      review(
        { metadata: { name: kind === 'Namespace' ? 'shop' : 'orders', annotations: after } },
        {
          ...{ kind: { group: '', version: 'v1', kind }, operation: 'UPDATE', namespace: 'shop' },
          ...(before === undefined ? {} : { oldObject: { metadata: { name: 'x', annotations: before } } }),
          ...more,
        },
      );
    const keeps = async (body: string): Promise<boolean> => {
      const { allowed, warnings = [] } = responseOf(await validate(body));
      expect(allowed).toBe(true);
      expect(warnings.filter((text) => !text.includes('[PodsKeepRoles]'))).toEqual([]);
      return warnings.length > 0;
    };
    const lookupNamespace = (): Promise<Record<string, string>> => Promise.resolve({ [KEY]: TARGET });
    const on = { ...SETTINGS, namespaceDefaultRole: true };

    test('of an update alone', async () => {
      await start();
      const [was, is] = [{ [KEY]: `${TARGET}-1` }, { [KEY]: TARGET }];
      expect(await keeps(change('ServiceAccount', was, is))).toBe(true);
      expect(await keeps(change('ServiceAccount', was, { [KEY]: 'none' }))).toBe(true);
      expect(await keeps(change('ServiceAccount', {}, is))).toBe(true);
      expect(await keeps(change('ServiceAccount', undefined, is, { operation: 'CREATE', oldObject: null }))).toBe(
        false,
      );
      expect(await keeps(change('ServiceAccount', is, { [KEY]: `roleARN: ${TARGET}` }))).toBe(false);
      expect(await keeps(change('ServiceAccount', {}, { [KEY]: 'none' }))).toBe(false);
    });

    test('under a default role, that of its Namespace counts; where it can not be had, nothing is told', async () => {
      await start({ settings: () => on, lookupNamespace });
      expect(await keeps(change('ServiceAccount', {}, { [KEY]: 'none' }))).toBe(true);
      expect(await keeps(change('ServiceAccount', {}, { [KEY]: TARGET }))).toBe(false);
      await start({ settings: () => on, lookupNamespace: () => Promise.reject(new CodedError('LookupFailed')) });
      expect(await keeps(change('ServiceAccount', {}, { [KEY]: 'none' }))).toBe(false);
    });

    test('of a Namespace: where its default role is on', async () => {
      const [was, is] = [{ [KEY]: `${TARGET}-1` }, { [KEY]: 'none' }];
      await start({ settings: () => on });
      expect(await keeps(change('Namespace', was, is))).toBe(true);
      await start();
      expect(await keeps(change('Namespace', was, is))).toBe(false);
    });

    test('not under mode: audit, where a restart would take the role that a pod has', async () => {
      await start({ mode: 'audit' });
      expect(await keeps(change('ServiceAccount', { [KEY]: `${TARGET}-1` }, { [KEY]: TARGET }))).toBe(false);
    });

    test('not where the write is refused', async () => {
      await start();
      const body = change('ServiceAccount', { [KEY]: TARGET }, { [KEY]: 'nonsense' });
      expect(responseOf(await validate(body))).toMatchObject({ allowed: false });
      expect(responseOf(await validate(body)).warnings).toBeUndefined();
    });
  });

  test('in no order is told so', async () => {
    await start();
    expect(errorOf(await validate('{'))).toBe('400 ReviewMalformed');
  });
});

describe('what is looked up for a pod', () => {
  const other = { serviceAccount: { name: 'shared-aws', namespace: 'platform' } };
  const named = account(JSON.stringify({ roleARN: TARGET, ...other }));
  const found: Record<string, ReturnType<typeof account> | undefined> = {
    'shop/orders': named,
    'platform/shared-aws': {
      ...account('', { [FOREIGN_KEYS.eksRoleARN]: TARGET }),
      namespace: 'platform',
      name: 'shared-aws',
    },
  };
  const ask = async (
    otherServiceAccounts: boolean,
    changes: object = {},
    pod = plainPod(),
  ): Promise<[string, string[]]> => {
    const asked: string[] = [];
    await start({
      settings: () => ({ ...SETTINGS, otherServiceAccounts, ...changes }),
      lookup: (namespace, name) => Promise.resolve(found[(asked.push(`${namespace}/${name}`), `${namespace}/${name}`)]),
      lookupNamespace: (name) => Promise.resolve((asked.push(name), {})),
    });
    const { auditAnnotations } = responseOf(await running.mutate(review(pod)));
    return [String(auditAnnotations.reason), asked];
  };

  test('its account, then its Namespace and the accounts that it names', async () => {
    expect(await ask(true)).toEqual(['Injected', ['shop/orders', 'shop', 'platform/shared-aws']]);
  });

  test('no other account where the setting forbids it', async () => {
    expect(await ask(false)).toEqual(['ServiceAccountForbidden', ['shop/orders', 'shop']]);
  });

  test('nor where the account may not ask', async () => {
    expect(await ask(true, { allowedServiceAccounts: [] })).toEqual(['AccountForbidden', ['shop/orders', 'shop']]);
  });

  describe('with the setting namespaceDefaultRole', () => {
    const on = { namespaceDefaultRole: true, settings: () => ({ ...SETTINGS, namespaceDefaultRole: true }) };
    const plain = account('');
    const withRole = { [ANNOTATIONS.assumeRole.key]: TARGET };
    const reasonOf = async (changes: Partial<ServerOptions>): Promise<unknown> => {
      await start({ ...on, lookup: () => Promise.resolve(plain), ...changes });
      return responseOf(await running.mutate(review())).auditAnnotations.reason;
    };

    test('the Namespace of an account that says nothing, once, and its role holds', async () => {
      const asked: string[] = [];
      const lookupNamespace = (name: string) => Promise.resolve((asked.push(name), withRole));
      expect(await reasonOf({ lookupNamespace })).toBe('Injected');
      expect(asked).toEqual(['shop']);
    });

    test('a Namespace without a default needs no Region', async () => {
      const lookupNamespace = () => Promise.resolve({});
      expect(await reasonOf({ lookupNamespace, settings: () => undefined })).toBe('NotAnnotated');
    });

    test('no Namespace where the account says none', async () => {
      const lookup = () => Promise.resolve(account('none'));
      expect(await reasonOf({ lookup, lookupNamespace: lookupNever })).toBe('NotAnnotated');
    });

    test('none where there is no account', async () => {
      const lookup = () => Promise.resolve(undefined);
      expect(await reasonOf({ lookup, lookupNamespace: lookupNever })).toBe('NotAnnotated');
    });

    test('none where the setting is off', async () => {
      const off = { namespaceDefaultRole: false, settings: () => SETTINGS };
      expect(await reasonOf({ ...off, lookupNamespace: lookupNever })).toBe('NotAnnotated');
    });

    test('a Namespace that is not known is never taken for one without a default', async () => {
      const lookupNamespace = () => Promise.reject(new CodedError('LookupFailed', 'Namespace shop: late.'));
      await start({ ...on, lookup: () => Promise.resolve(plain), lookupNamespace });
      expect(errorOf(await running.mutate(review()))).toBe('503 LookupFailed');
    });
  });

  test('no Namespace where the account asks for nothing', async () => {
    expect(await ask(true, {}, plainPod({ serviceAccountName: 'other' }))).toEqual(['NotAnnotated', ['shop/other']]);
  });
});
