/** The webhook's certificate: of its Secret, the public part alone. */
import { CERTIFICATE_TIMES, INSTALLED, RENEWAL } from '@rolechain/shared';

import { X509Certificate } from 'node:crypto';
import { listAt, textAt } from '../objects/fields.ts';
import { failed, judge, ok, warning, OK, type Check, type Verdict } from './check.ts';
import type { Facts, PublicCertificates } from './facts.ts';

const PAGE = 'docs/certificates.md';
const DAY_MS = 24 * 60 * 60 * 1000;
/** The webhook renews with a third of the life left: half of that says that something hinders it. */
const RENEWED_DAYS = (CERTIFICATE_TIMES.leafMs * RENEWAL.left) / DAY_MS;
const EARLY_DAYS = RENEWED_DAYS / 2;

export const certificateChecks = (category: string): readonly Check<Facts>[] => [
  {
    id: 'certificate',
    category,
    what: "the webhook's certificate is valid, and for the Service's name",
    fix: 'Delete the Secret: the webhook makes a new one, and no pod is refused meanwhile.',
    page: PAGE,
    look: (facts) =>
      judge(facts.certificates, failed('There is no Secret with it: the webhook has not come up yet.'), (pems) =>
        certificate(pems, facts),
      ),
  },
  {
    id: 'ca-bundle',
    category,
    what: "caBundle of both configurations is the certificate's CA",
    fix: 'The webhook publishes it while it runs and has its rights: look at its log for CABundleUnpublished. Have no other program write it, unless the setting certDir is there: then its CA injector does.',
    page: PAGE,
    look: ({ certificates, mutating, validating }) => {
      const unread = [mutating, validating].find(({ is }) => is === 'unknown');
      if (unread) return judge(unread, OK, () => OK);
      const webhooks = [mutating, validating].flatMap((one) =>
        one.is === 'there' ? listAt(one.value, 'webhooks') : [],
      );
      const empty = webhooks.filter((one) => textAt(one, 'clientConfig', 'caBundle') === undefined);
      if (empty.length > 0) return failed(`It is empty in ${names(empty)}: apiservers cannot call the webhook.`);
      if (webhooks.length === 0) return failed('There is no configuration.');
      return judge(certificates, failed('There is no Secret to compare it with.'), (pems) => bundles(pems, webhooks));
    },
  },
];

const names = (webhooks: readonly unknown[]): string => webhooks.map((one) => textAt(one, 'name') ?? '').join(', ');

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function certificate({ certificate: pem, authority }: PublicCertificates, { now, installedIn }: Facts): Verdict {
  const leaf = parse(pem);
  if (!leaf) return failed('What the Secret holds is not a certificate.');
  const from = new Date(leaf.validFrom);
  const to = new Date(leaf.validTo);
  if (now < from) return failed(`It is valid from ${from.toISOString()} on: check the clocks.`);
  if (now >= to) return failed(`It expired at ${to.toISOString()}.`);
  const name = `${INSTALLED.webhook}.${installedIn}.svc`;
  if (leaf.checkHost(name) === undefined) return failed(`It is not for ${name}, by which the apiserver calls.`);
  const ca = parse(authority);
  if (ca && !leaf.verify(ca.publicKey)) return failed('The CA beside it has not signed it.');
  const days = Math.floor((to.getTime() - now.getTime()) / DAY_MS);
  if (days >= EARLY_DAYS) return ok(`${days} days left`);
  return warning(
    `${days} days are left: the webhook renews with ${RENEWED_DAYS}, so something hinders it.`,
    'Look at its log, and at its rights on the Secret.',
  );
}

function bundles({ certificate: pem }: PublicCertificates, webhooks: readonly unknown[]): Verdict {
  const leaf = parse(pem);
  if (!leaf) return failed('What the Secret holds is not a certificate.');
  const foreign = webhooks.filter(
    (one) => !authorities(textAt(one, 'clientConfig', 'caBundle') ?? '').some((ca) => leaf.verify(ca.publicKey)),
  );
  return foreign.length === 0
    ? OK
    : failed(`It is another CA in ${names(foreign)}: apiservers refuse the webhook's certificate.`);
}

/** Of a bundle in base64, each certificate. */
function authorities(bundle: string): X509Certificate[] {
  const text = Buffer.from(bundle, 'base64').toString();
  const pems = text.split(/(?<=-----END CERTIFICATE-----)/).slice(0, 32);
  return pems.map(parse).filter((one) => one !== undefined);
}
