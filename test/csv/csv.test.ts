/** EKS' `skip-containers` as Go's own reader reads it, and what rolechain makes of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { FOREIGN_KEYS } from '@rolechain/shared';
import { readCSVRecord, uninject, writeCSVRecord } from '@rolechain/webhook';
import { account, call, plainPod } from '@rolechain/webhook/testing';
import { describeWhen } from '@rolechain/kit/when.ts';
import type { Pod } from '@rolechain/kit/pod.ts';
import { readGoCSV } from '@rolechain/kit/models/go-csv.ts';
import { buildReader, locateGo, readByGo } from './go.ts';

/** Signs that mean something to a reader of CSV, between letters, names and anything else. */
const sign = fc.constantFrom('"', '""', ',', '\n', '\r', '\r\n', ' ', '');
const letters = fc.oneof(
  fc.constantFrom('a', 'app', 'b-1', 'é', '\u0000'),
  fc.string({ unit: 'binary', maxLength: 2 }).filter((text) => text.isWellFormed()),
);
const text = fc
  .array(fc.oneof({ weight: 3, arbitrary: sign }, letters), { maxLength: 14 })
  .map((parts) => parts.join(''));
/** One call of the program for many texts. */
const texts = fc.array(text, { minLength: 1, maxLength: 60, size: 'max' });

const KEY = FOREIGN_KEYS.eksSkipContainers;
const NAMES: readonly string[] = ['rolechain', 'app'];

const inject = (pod: unknown): Pod => call(pod as Pod, account()).pod;
const restore = (pod: Pod): Pod => jsonPatch.applyPatch(structuredClone(pod), uninject(pod), true).newDocument;
/** The copy of an injected pod whose author wants its container left alone now. */
const skip = (pod: Pod): Pod =>
  inject({ ...pod, metadata: { annotations: { ...pod.metadata.annotations, 'rolechain.io/skip-containers': 'app' } } });

describeWhen(
  "beside Go's own CSV reader",
  locateGo(),
  (go) => {
    let folder = '';
    let program = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'rolechain-csv-'));
      program = buildReader(go, folder);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test('every text is read as Go reads it, by the product and by the model', () => {
      let errors = 0;
      fc.assert(
        fc.property(texts, (all) => {
          const records = readByGo(program, all);
          errors += records.filter((record) => record === null).length;
          expect(all.map((one) => readCSVRecord(one)?.fields ?? null)).toEqual(records);
          expect(all.map(readGoCSV)).toEqual(records);
        }),
      );
      expect(errors).toBeGreaterThan(50);
    });

    test('Go reads what we write, whatever the fields', () => {
      fc.assert(
        fc.property(
          fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 50 }),
          (all) => {
            expect(readByGo(program, all.map(writeCSVRecord))).toEqual(all);
          },
        ),
      );
    });

    test('the EKS webhook skips what it was told, and what is ours while it is there', () => {
      const skipped = (pods: readonly Pod[]): string[][] =>
        readByGo(
          program,
          pods.map(({ metadata }) => metadata.annotations?.[KEY] ?? ''),
        ).map((names) => names ?? []);
      fc.assert(
        fc.property(texts, (all) => {
          const pods = all.map((value) => plainPod({}, { [KEY]: value }) as unknown as Pod);
          const injected = pods.map(inject);
          const told = skipped(pods);
          expect(skipped(injected)).toEqual(
            told.map((names) => [...names, ...NAMES.filter((n) => !names.includes(n))]),
          );
          const foreign = told.map((names) => names.filter((name) => !NAMES.includes(name)));
          expect(skipped(injected.map(restore))).toEqual(foreign);
          expect(skipped(injected.map(skip))).toEqual(foreign);
          // One record alone: what is put behind it belongs to it.
          const values = injected.map(({ metadata }) => `${metadata.annotations?.[KEY] ?? ''},end`);
          expect(readByGo(program, values).map((names) => names?.at(-1))).toEqual(values.map(() => 'end'));
        }),
        { numRuns: 10 },
      );
    });
  },
  '',
);
