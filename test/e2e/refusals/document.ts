/** Documents that can't be read, and documents of the wrong shape. */
import { ARN, HUB } from '../roles.ts';
import { MISSING, PARTS, SYNTAX, TYPED, WITHIN, type Refusal } from './refusal.ts';

const NOT_A_MAP = 'write a bare role ARN, or one `field: value` per line (DocumentWrongType)';
/** Its policy's dollars take six characters each in the sidecar's configuration. */
const DOLLARS = Array.from(
  { length: 15 },
  (_, n) => `r${n}: {roleARN: "${ARN}", policy: '{"a":"${'$'.repeat(2000)}"}'}`,
);
/** Each list is ten times the one before. */
const BOMB = Array.from(
  { length: 5 },
  (_, n) => `k${n}: &a${n} [${Array.from({ length: 10 }, () => (n === 0 ? 'x' : `*a${n - 1}`)).join(',')}]`,
);
const ROLES = Array.from({ length: 33 }, (_, n) => `r${n}: {roleARN: "${ARN}"}`);

export const DOCUMENTS: readonly Refusal[] = [
  // Text.
  {
    name: 'too-many-bytes',
    annotation: `roleARN: ${ARN}\n`.padEnd(32 * 1024 + 1, '#'),
    says: 'it has more than 32768 bytes, its limit; shorten it (DocumentTooLarge)',
  },
  {
    name: 'too-large-a-configuration',
    annotation: `roles: {${DOLLARS.join(', ')}}`,
    says: /it makes a configuration of 1[89]\d{4} bytes for the sidecar; its limit is 94208; shorten it \(DocumentTooLarge\)/,
  },
  {
    name: 'a-field-twice',
    annotation: `roleARN: ${ARN}\nroleARN: ${HUB}`,
    says: `it is not valid YAML: a field stands twice at line 2, column 1; ${SYNTAX}`,
  },
  {
    name: 'too-many-aliases',
    annotation: `roleARN: ${ARN}\ntransitiveTagKeys: [&a team, ${Array.from({ length: 513 }, () => '*a').join(', ')}]`,
    says: `it has more than 512 aliases; ${PARTS}`,
  },
  {
    name: 'an-alias-of-nothing',
    annotation: 'roleARN: *nowhere',
    says: `it is not valid YAML: an alias has no anchor before it; ${SYNTAX}`,
  },
  {
    name: 'an-unknown-tag',
    annotation: `roleARN: !secret ${ARN}`,
    says: `it is not valid YAML: an unknown tag at line 1, column 10; ${SYNTAX}`,
  },
  {
    name: 'two-documents',
    annotation: `roleARN: ${ARN}\n---\nroleARN: ${HUB}`,
    says: `it is not valid YAML: a second document begins at line 2, column 1; ${SYNTAX}`,
  },
  {
    name: 'a-name-that-is-a-list',
    annotation: `[roleARN]: ${ARN}`,
    says: `it is not valid YAML: a field's name is not text at line 1, column 1; ${SYNTAX}`,
  },
  {
    name: 'an-unknown-escape',
    annotation: String.raw`roleARN: "\q"`,
    says: `it is not valid YAML: an unknown backslash sequence in double quotes at line 1, column 11; ${SYNTAX}`,
  },
  {
    name: 'an-unknown-directive',
    annotation: `%ROLE 1\n---\nroleARN: ${ARN}`,
    says: `it is not valid YAML: an unknown directive at line 1, column 1; ${SYNTAX}`,
  },
  {
    name: 'a-bottomless-list',
    annotation: '['.repeat(10_000),
    says: `it nests lists and maps more than 32 deep; ${PARTS}`,
  },
  {
    name: 'too-many-signs',
    annotation: `[${',x'.repeat(10_000)}]`,
    says: `it has more than 16384 words, signs and spaces between them; ${PARTS}`,
  },
  {
    name: 'an-alias-bomb',
    annotation: `{${BOMB.join(', ')}}`,
    says: `it has more than 8192 values, what aliases repeat included; ${PARTS}`,
  },
  {
    name: 'a-policy-that-is-the-document',
    annotation: `&x\nroleARN: ${ARN}\npolicy: *x`,
    says: `it repeats itself without an end, by an alias within what it stands for; ${PARTS}`,
  },
  // Shape.
  { name: 'an-empty-document', annotation: '', says: `it is empty; ${NOT_A_MAP}` },
  { name: 'a-list', annotation: `[${ARN}]`, says: `it is not a map of fields; ${NOT_A_MAP}` },
  { name: 'a-number', annotation: '42', says: `it is not a map of fields; ${NOT_A_MAP}` },
  { name: 'no-role', annotation: '{}', says: `roleARN ${MISSING}` },
  { name: 'no-role-in-roles', annotation: '{roles: {}}', says: `roleARN ${MISSING}` },
  { name: 'fields-without-a-role', annotation: '{duration: 1h}', says: `roleARN ${MISSING}` },
  { name: 'a-role-without-its-arn', annotation: '{roles: {audit: {}}}', says: `roles.audit.roleARN ${MISSING}` },
  { name: 'a-hop-without-its-arn', annotation: `{roleARN: "${ARN}", via: [{}]}`, says: `via.0.roleARN ${MISSING}` },
  {
    name: 'a-mistyped-name',
    annotation: `{roleARN: "${ARN}", externalId: x-1}`,
    says: 'externalId is not a field of this version; did you mean externalID? (FieldUnknown)',
  },
  {
    name: 'a-mistyped-name-in-a-hop',
    annotation: `{roleARN: "${ARN}", via: [{roleARN: "${HUB}", sessionname: x}]}`,
    says: 'via.0.sessionname is not a field of this version; did you mean sessionName? (FieldUnknown)',
  },
  {
    name: 'roles-that-are-a-list',
    annotation: `{roles: [{roleARN: "${ARN}"}]}`,
    says: `roles is a list, but takes a map of at most 32 roles in all; names are DNS labels other than default and none; ${TYPED}`,
  },
  {
    name: 'thirty-three-roles',
    annotation: `{roles: {${ROLES.join(', ')}}}`,
    says: `roles holds 33 roles, but takes a map of at most 32 roles in all; names are DNS labels other than default and none; ${WITHIN}`,
  },
  {
    name: 'a-role-named-default',
    annotation: `{roles: {default: {roleARN: "${ARN}"}}}`,
    says: `roles.default is a map, but takes a role under a DNS label other than default and none; ${WITHIN}`,
  },
  {
    name: 'a-role-named-none',
    annotation: `{roles: {none: {roleARN: "${ARN}"}}}`,
    says: `roles.none is a map, but takes a role under a DNS label other than default and none; ${WITHIN}`,
  },
  {
    name: 'a-role-that-is-no-label',
    annotation: `{roles: {Audit: {roleARN: "${ARN}"}}}`,
    says: `roles.Audit is a map, but takes a role under a DNS label other than default and none; ${WITHIN}`,
  },
  {
    name: 'a-role-that-is-text',
    annotation: `{roles: {audit: "${ARN}"}}`,
    says: `roles.audit is "${ARN}", but takes a map of fields; ${TYPED}`,
  },
  {
    name: 'via-that-is-a-map',
    annotation: `{roleARN: "${ARN}", via: {roleARN: "${HUB}"}}`,
    says: `via is a map, but takes a list of at most 5 hops; ${TYPED}`,
  },
  {
    name: 'a-hop-that-is-text',
    annotation: `{roleARN: "${ARN}", via: ["${HUB}"]}`,
    says: `via.0 is "${HUB}", but takes a map of fields; ${TYPED}`,
  },
  {
    name: 'six-hops',
    annotation: `{roleARN: "${ARN}", via: [${Array.from({ length: 6 }, () => `{roleARN: "${HUB}"}`).join(', ')}]}`,
    says: `via is a list, but takes a list of at most 5 hops; ${WITHIN}`,
  },
];
