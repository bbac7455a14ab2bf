import { LIMITS } from '@rolechain/shared';

/** Powers of ten for what divides, so that 300m and 0.3 come out as the same number. */
const FRACTIONS: Readonly<Record<string, number>> = { n: 1e9, u: 1e6, m: 1e3 };
const MULTIPLES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const QUANTITY = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/**
 * A Kubernetes quantity as a number of its base unit; undefined when it is none, or longer than LIMITS.quantityChars. Good
 * for comparing two quantities with each other (k8s.io/apimachinery pkg/api/resource/quantity.go has the grammar).
 */
export function parseQuantity(quantity: string | number): number | undefined {
  const text = String(quantity);
  if (text.length > LIMITS.quantityChars) return undefined;
  const match = QUANTITY.exec(text);
  if (!match) return undefined;
  const [, digits = '', exponent = '', suffix = ''] = match;
  const number = Number(`${digits}${exponent}`);
  const fraction = FRACTIONS[suffix];
  const value = fraction === undefined ? number * (MULTIPLES[suffix] ?? Number.NaN) : number / fraction;
  return Number.isFinite(value) ? value : undefined;
}
