import { CERTIFICATE_TIMES, RENEWAL, parseCertificateLifetimes } from './certificate-times.ts';

describe('parseCertificateLifetimes', () => {
  it('leaves the table as it is where nothing is asked for', () => {
    expect(parseCertificateLifetimes(undefined)).toMatchObject({ ok: true, value: CERTIFICATE_TIMES });
    expect(parseCertificateLifetimes('')).toMatchObject({ ok: true, value: CERTIFICATE_TIMES });
  });

  it.each([
    ['leaf=30,authority=90', 30_000, 90_000, 3_000],
    ['leaf=90m,authority=1h90m', 5_400_000, 9_000_000, undefined],
    ['leaf=1m,authority=5m', 60_000, 300_000, 3_000],
    ['leaf=3h,authority=9h', 10_800_000, 32_400_000, 5_400],
    ['leaf=1440h,authority=8760h', 5_184_000_000, 31_536_000_000, 600_000],
  ])('takes %s', (text, leafMs, authorityMs, settleMs) => {
    const parsed = parseCertificateLifetimes(text);
    if (settleMs === undefined) expect(parsed.ok).toBe(false);
    else expect(parsed).toMatchObject({ ok: true, value: { ...CERTIFICATE_TIMES, leafMs, authorityMs, settleMs } });
  });

  it.each([
    'leaf=29s,authority=5m',
    'leaf=1m,authority=179s',
    'leaf=91',
    '1m,5m',
    'leaf=1m,authority=9999999h',
    'leaf=x,authority=y',
  ])('refuses %s, and says what to write', (text) => {
    expect(parseCertificateLifetimes(text)).toMatchObject({
      ok: false,
      problems: [
        {
          code: 'SettingsInvalid',
          path: 'ROLECHAIN_CERTIFICATE_LIFETIMES',
          fix: expect.stringContaining('leaf=DURATION'),
        },
      ],
    });
  });
});

test('a leaf can be renewed several times in the life of a CA, and settles long before it ends', () => {
  const { authorityMs, leafMs, settleMs, lagMs } = CERTIFICATE_TIMES;
  expect(authorityMs * RENEWAL.left).toBeGreaterThan(leafMs);
  expect(leafMs * (RENEWAL.left - RENEWAL.jitter)).toBeGreaterThan(100 * settleMs);
  expect(settleMs).toBeGreaterThan(10 * lagMs);
});
