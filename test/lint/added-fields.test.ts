/** A field that is added to a schema alone fails the type check, in the files that have to handle it. */
import { join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..', '..');
const OPTIONS = ts.getParsedCommandLineOfConfigFile(
  join(ROOT, 'tsconfig.json'),
  {},
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: ({ messageText }) => expect(messageText).toBeUndefined() },
)?.options;

const CONFIG = 'webhook/src/injection/sidecar-config.ts';
const ADDED: readonly {
  readonly name: string;
  readonly file: string;
  /** It stands in front of this, which stands in the file once. */
  readonly before: string;
  readonly as: string;
  /** Who has to handle it. */
  readonly consumers: readonly string[];
}[] = [
  {
    name: 'addedToHops',
    file: 'shared/src/annotation/fields.ts',
    before: '  externalID: field(',
    as: "field('hop', '', '', (limit) => v.string(limit))",
    consumers: ['shared/src/annotation/rules.ts', CONFIG],
  },
  {
    name: 'addedToRoles',
    file: 'shared/src/annotation/fields.ts',
    before: '  externalIDFrom: field(',
    as: "field('role', '', '', (limit) => v.string(limit))",
    consumers: ['shared/src/annotation/rules.ts', CONFIG],
  },
  {
    name: 'addedToSettings',
    file: 'webhook/src/settings/settings.ts',
    before: '  imagePullSecrets: setting(',
    as: "setting('', '', '', text)",
    consumers: ['webhook/src/main.ts'],
  },
  {
    name: 'addedToCalls',
    file: 'shared/src/sidecar-config/schema.ts',
    before: '      durationSeconds: SECONDS,',
    as: 'v.optional(text)',
    consumers: [CONFIG, 'sidecar/src/sts/assume-role.ts', 'sidecar/src/chain/cache-key.ts'],
  },
  {
    name: 'addedToPlans',
    file: 'shared/src/sidecar-config/schema.ts',
    before: '        startup: FIELDS',
    as: 'v.optional(text)',
    consumers: [CONFIG, 'sidecar/src/model/plan.ts'],
  },
  {
    name: 'addedToConfig',
    file: 'shared/src/sidecar-config/schema.ts',
    before: '      ports: v.strictObject(',
    as: 'v.optional(text)',
    consumers: [CONFIG, 'sidecar/src/sidecar.ts'],
  },
];

/** The files with their added fields. */
function added(): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { name, file, before, as } of ADDED) {
    const path = join(ROOT, file);
    const text = texts.get(path) ?? ts.sys.readFile(path) ?? '';
    expect(text.split(before)).toHaveLength(2);
    texts.set(
      path,
      text.replace(before, () => `${name}: ${as},\n${before}`),
    );
  }
  return texts;
}

/** `file: message` of what the type check says of both programs, with these files in place of those that are there. */
function check(
  texts: ReadonlyMap<string, string>,
  old?: ts.Program,
): { readonly program: ts.Program; readonly errors: string[] } {
  const options = OPTIONS ?? {};
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (path, language, ...rest) => {
    const text = texts.get(path);
    return text === undefined
      ? (old?.getSourceFile(path) ?? getSourceFile(path, language, ...rest))
      : ts.createSourceFile(path, text, language);
  };
  const roots = ['webhook', 'sidecar'].map((program) => join(ROOT, program, 'src', 'main.ts'));
  const program = ts.createProgram(roots, options, host, old);
  const ours = program.getSourceFiles().filter(({ fileName }) => !fileName.includes('/node_modules/'));
  const found = ours.flatMap((file) => program.getSemanticDiagnostics(file));
  const errors = found.map(
    ({ file, messageText }) =>
      `${relative(ROOT, file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
  return { program, errors };
}

test('a field of a schema alone is an error in each of its consumers', () => {
  const { program, errors } = check(new Map());
  expect(errors).toEqual([]);
  const after = check(added(), program).errors;
  const silent = ADDED.flatMap(({ name, consumers }) =>
    consumers
      .filter((consumer) => !after.some((error) => error.startsWith(`${consumer}: `) && error.includes(name)))
      .map((consumer) => `${consumer} does not have to handle ${name}`),
  );
  expect(silent).toEqual([]);
});
