import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REASONS_FOR_RIGHTS, rightsTable, withRights } from './rights-table.ts';

const MANIFEST = readFileSync(join(__dirname, '..', '..', 'manifests', 'base', 'rbac.yaml'), 'utf8');
const ROLE = `
kind: ClusterRole
metadata: {name: more}
rules: [{apiGroups: [''], resources: [pods, nodes], verbs: [list]}]
`;

test('each right of the manifest stands in it, with its reason', () => {
  const rows = rightsTable(MANIFEST).split('\n').slice(2);
  expect(rows).toHaveLength(MANIFEST.match(/^ {2}- apiGroups/gm)?.length ?? 0);
  expect(rows).toContain(
    "| create `secrets` in namespace `rolechain` | to make the Secret of its certificate (RBAC can't tie `create` to a name); not with the component `cert-manager` |",
  );
});

test('a right without a reason, and a reason without its right, fail', () => {
  expect(() => rightsTable(`${MANIFEST}\n---\n${ROLE}`)).toThrow(
    'no reason in rights-table.ts for: list `pods`, `nodes`',
  );
  expect(() => rightsTable(MANIFEST, { ...REASONS_FOR_RIGHTS, 'list `pods`': 'none' })).toThrow(
    'reasons for what is no right: list `pods`',
  );
});

test('it goes between its markers, and nowhere else', () => {
  const text = 'a\n<!-- rights: generated -->\n\nold\n\n<!-- end of rights -->\nb';
  expect(withRights(text, 'new')).toBe('a\n<!-- rights: generated -->\n\nnew\n\n<!-- end of rights -->\nb');
  expect(() => withRights('a', 'new')).toThrow('no markers');
});
