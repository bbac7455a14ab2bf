import { PER_NAMESPACE, isAnnotated, namespaceOf, seededAccount } from './account.ts';

const accounts = Array.from({ length: 1000 }, (_, index) => seededAccount(index));

test('one in ten carries our annotation, and some of the others that of EKS', () => {
  const having = (key: string): number => accounts.filter(({ metadata }) => key in metadata.annotations).length;
  expect(having('rolechain.io/assume-role')).toBe(100);
  expect(having('eks.amazonaws.com/role-arn')).toBeGreaterThan(100);
  expect(accounts.filter((_, index) => isAnnotated(index))).toHaveLength(100);
});

test('no two are the same object, and namespaces are full', () => {
  expect(new Set(accounts.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).size).toBe(1000);
  expect(new Set(accounts.map(({ metadata }) => metadata.uid)).size).toBe(1000);
  expect(accounts.filter(({ metadata }) => metadata.namespace === namespaceOf(0))).toHaveLength(PER_NAMESPACE);
});
