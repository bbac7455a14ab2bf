/** Settings of the webhook's certificate: whose it is, and where it stands. */
import * as v from 'valibot';
import { INSTALLED, LIMITS } from '@rolechain/shared';
import { setting, text, type Setting } from './setting.ts';

export const CERTIFICATES = {
  serviceName: setting('text', INSTALLED.webhook, "The webhook's Service: the certificate carries its name.", text),
  certDir: setting(
    'an absolute path',
    undefined,
    'A folder with `tls.crt`, `tls.key` and `ca.crt` that another program keeps, as [cert-manager](certificates.md#cert-manager) does: the webhook serves them and makes none, and that program publishes the CA. Set by the component `cert-manager`.',
    (expects) => v.pipe(v.string(expects), v.maxLength(LIMITS.pathChars, expects), v.regex(/^\/./, expects)),
  ),
  certificateSecret: setting(
    'text',
    INSTALLED.certificateSecret,
    'The Secret of the CA and the serving certificate. Beside certDir only `rolechain doctor` reads it.',
    text,
  ),
  webhookConfiguration: setting(
    'text',
    INSTALLED.configuration,
    'The MutatingWebhookConfiguration and the ValidatingWebhookConfiguration that the CA bundle is published to.',
    text,
  ),
} satisfies Record<string, Setting>;
