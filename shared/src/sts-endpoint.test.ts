import { LIMITS } from './limits.ts';
import { isStsEndpoint, stsEndpointOf } from './sts-endpoint.ts';

test.each([
  ['https://sts.example', 'https://sts.example'],
  ['https://vpce-1.sts.{region}.vpce.amazonaws.com', 'https://vpce-1.sts.eu-west-1.vpce.amazonaws.com'],
  ['https://{region}.example/{region}', 'https://eu-west-1.example/eu-west-1'],
])('%s', (pattern, url) => {
  expect(isStsEndpoint(pattern)).toBe(true);
  expect(stsEndpointOf(pattern, 'eu-west-1')).toBe(url);
});

test.each(['', 'sts.{region}.example', '{region}', 'https://sts.{Region}.example', 'https://sts.{region.example'])(
  '%j is none',
  (pattern) => expect(isStsEndpoint(pattern)).toBe(false),
);

test('a long one is not looked at', () => {
  const at = (chars: number): string => `https://sts.example/${'x'.repeat(chars - 20)}`;
  expect([isStsEndpoint(at(LIMITS.urlMax)), isStsEndpoint(at(LIMITS.urlMax + 1))]).toEqual([true, false]);
});
