import { decide } from './decide-pod.ts';
import { SETTINGS, TARGET, account, plainPod } from '../testing/fixtures.ts';

const FLUX = 'aws.auth.fluxcd.io/assume-role';
const document = `ROLEARN: ${TARGET}\nsomethingOfFlux: yes`;
const enabled = { ...SETTINGS, fluxAlias: true };

test("Flux's annotation counts only where the admin turned it on", () => {
  const who = account('', { [FLUX]: document });
  expect(decide(plainPod(), who, SETTINGS)).toMatchObject({ outcome: 'skipped', reason: 'NotAnnotated' });
  const decision = decide(plainPod(), who, enabled);
  expect(decision).toMatchObject({ outcome: 'injected', roles: [{ name: 'default', roleARN: TARGET }] });
});

test('both annotations must ask for the same', () => {
  const other = 'arn:aws:iam::333333333333:role/other';
  const same = account(TARGET, { [FLUX]: `roleARN: ${TARGET}` });
  expect(decide(plainPod(), same, enabled).outcome).toBe('injected');
  const different = account(TARGET, { [FLUX]: `roleARN: ${other}` });
  expect(decide(plainPod(), different, enabled)).toMatchObject({ outcome: 'refused', reason: 'AnnotationInvalid' });
  // Off, the alias is not even looked at.
  expect(decide(plainPod(), different, SETTINGS).outcome).toBe('injected');
});

test("an invalid document of Flux is refused under Flux's key", () => {
  const decision = decide(plainPod(), account('', { [FLUX]: 'roleARN: [' }), enabled);
  expect(decision).toMatchObject({ outcome: 'refused', message: expect.stringContaining(FLUX) });
});
