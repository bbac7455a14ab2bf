import { checkNamespace, generateNamespace, writtenWebhook, type Written } from './written.ts';

let written: Written;
beforeAll(async () => {
  written = await writtenWebhook();
});
afterAll(() => written.close());

test('2,000 generated Namespaces: each write is decided, and what is stored refuses no pod that it does not select', async () => {
  const outcomes: Record<string, number> = {};
  const complaints: string[] = [];
  for (let index = 0; index < 2000; index++) {
    const one = generateNamespace(1, index);
    const checked = await checkNamespace(written, one);
    if ('complaint' in checked)
      complaints.push(`${index}: ${checked.complaint}: ${JSON.stringify(one).slice(0, 1000)}`);
    else outcomes[checked.outcome] = (outcomes[checked.outcome] ?? 0) + 1;
  }
  expect(complaints.slice(0, 5)).toEqual([]);
  // It reaches each side, and each code.
  expect(Object.keys(outcomes)).toEqual(
    expect.arrayContaining([
      ...['accepted, Injected', 'accepted, NotAnnotated', 'accepted, refused DefaultRoleInvalid'],
      ...['refused DefaultRoleInvalid, refused DefaultRoleInvalid', 'refused DefaultRoleInvalid, NotAnnotated'],
      ...['refused DefaultAccountsInvalid, Injected', 'refused DefaultAccountsInvalid, NotAnnotated'],
      ...['refused AllowedRolesInvalid, refused AllowedRolesInvalid', 'refused AnnotationUnknown, Injected'],
    ]),
  );
});

describe('what is not in order is noticed', () => {
  const given = generateNamespace(1, 0);
  const orders = { ...given, annotations: { 'rolechain.io/assume-role': 'arn:aws:iam::222222222222:role/orders' } };

  test('a pod that is changed though nobody selects it', async () => {
    const complaint = 'an unselected pod came to Injected';
    expect(await checkNamespace(written, { ...orders, selects: false })).toEqual({ complaint });
  });

  test('a write that is refused though nothing changed', async () => {
    const annotations = { 'rolechain.io/assume-role': 'x' };
    const webhook = { ...written.webhook, validate: () => written.webhook.validate(refusedWrite) };
    const one = { annotations, before: annotations, selects: true };
    expect(await checkNamespace({ ...written, webhook }, one)).toMatchObject({
      complaint: expect.stringContaining('refused though nothing changed'),
    });
  });
});

const refusedWrite = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    ...{ uid: 'u-1', kind: { group: '', version: 'v1', kind: 'Namespace' }, operation: 'CREATE' },
    object: { metadata: { name: 'shop', annotations: { 'rolechain.io/assume-role': 'x' } } },
  },
});
