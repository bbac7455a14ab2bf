/** The webhook's own routes in this process. Loaded once the caches are off (measure.ts). */
import { ANNOTATIONS } from '@rolechain/shared';
import { SETTINGS } from '@rolechain/webhook/testing';
import { admitInProcess, type InProcess, type InProcessAnswer } from '@rolechain/webhook/testing/in-process.ts';
import { asObject, bodyOf, storedAnnotations, type ReviewInput } from './input.ts';
import { reviewOf } from './parts.ts';

/** What an admin can turn on that gives a review more to do. */
const SETTINGS_ROWS: readonly Partial<typeof SETTINGS>[] = [
  {},
  { conflicts: 'warn' },
  { fluxAlias: true, otherServiceAccounts: true },
  { allowedRolesPolicy: 'required', sidecarUser: 'unset' },
  { namespaceDefaultRole: true, conflicts: 'warn' },
];

const PLAIN = reviewOf({ account: { [ANNOTATIONS.assumeRole.key]: 'arn:aws:iam::222222222222:role/plain' } });

export interface Webhook {
  /** The work of one review, and that of receiving and parsing its body alone. Undefined: no apiserver sends it. */
  readonly workOf: (input: ReviewInput) => Work | undefined;
}

export interface Work {
  readonly bytes: number;
  /** Takes what is kept of earlier reviews. */
  readonly before: () => Promise<unknown>;
  readonly whole: () => Promise<Pick<InProcessAnswer, 'status'>>;
  readonly parsing: () => Promise<unknown>;
  readonly held: () => unknown;
}

export async function startWebhook(): Promise<Webhook> {
  let around: ReviewInput | undefined;
  let settings = { ...SETTINGS };
  const server: InProcess = await admitInProcess({
    settings: () => settings,
    fluxAlias: true,
    namespaceDefaultRole: true,
    lookup: (namespace, name) => {
      const annotations = storedAnnotations(name === 'orders' ? around?.account : around?.others);
      return Promise.resolve({ namespace, name, annotations });
    },
    lookupNamespace: () => Promise.resolve(storedAnnotations(around?.namespace)),
  });
  return {
    workOf: (input) => {
      const body = bodyOf(input);
      if (body === undefined) return undefined;
      const ask = (post: (text: string) => Promise<InProcessAnswer>) => () => {
        around = input;
        settings = { ...SETTINGS, ...SETTINGS_ROWS[Number(input.settings)] };
        return post(body);
      };
      return {
        bytes: body.length,
        before: () => {
          around = PLAIN;
          return server.mutate(bodyOf(PLAIN) ?? '');
        },
        whole: ask(input.path === 'mutate' ? server.mutate : server.validate),
        parsing: ask(server.parse),
        held: () => asObject(JSON.parse(body)),
      };
    },
  };
}
