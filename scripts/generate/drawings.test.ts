import { LIMITS } from '@rolechain/shared';
import { refreshMargin } from '../../sidecar/src/refresh/schedule.ts';
import { drawings } from './drawings.ts';

let made: [name: string, svg: string][];
beforeAll(async () => {
  made = Object.entries(await drawings());
});

test('there are three, and each has a background of its own', () => {
  expect(made.map(([name]) => name)).toEqual(['docs/credentials.svg', 'docs/admission.svg', 'docs/chain.svg']);
  for (const [, svg] of made) expect(svg).toMatch(/<polygon fill="#ffffff"/);
});

test('each colour has its counterpart for dark pages', () => {
  for (const [, svg] of made) {
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(svg) ?? [];
    const used = new Set(
      [...svg.matchAll(/ (fill|stroke)="(#\w+)"/g)].map(([, what, colour]) => `${what}="${colour}"`),
    );
    expect(used.size).toBeGreaterThan(3);
    expect([...used].filter((one) => !style.includes(`[${one}] {`))).toEqual([]);
  }
});

test('a session is replaced when the drawing says so', () => {
  const minutes = LIMITS.durationDefaultSeconds / 60;
  const left = refreshMargin(LIMITS.durationDefaultSeconds * 1000) / 60_000;
  const [, svg = ''] = made.at(-1) ?? [];
  expect(svg).toContain(`a session of ${minutes} min,`);
  expect(svg).toContain(`the next one after ${minutes - left}<`);
});
