/** The setting `eksWebhook`: the flags of an EKS webhook of the admin's own. */
import { posix } from 'node:path';
import * as v from 'valibot';
import { ANNOTATION_PREFIX, EKS_FLAGS, LIMITS, isDNSLabel, isDNSSubdomain } from '@rolechain/shared';
import { hasOurName } from '../objects/injected-state.ts';
import { fields, setting, textWith } from './setting.ts';

/** Ours are our own: the two webhooks would undo each other's work. */
const prefix = (expects: string): v.GenericSchema<unknown, string> =>
  textWith((name) => isDNSSubdomain(name) && `${name}/` !== ANNOTATION_PREFIX, expects);
const volumeName = (expects: string): v.GenericSchema<unknown, string> =>
  textWith((name) => isDNSLabel(name) && !hasOurName(name), expects);
/** As it stands in a mount and in a variable: nothing that another reader would write in another way. */
const absolutePath = (expects: string): v.GenericSchema<unknown, string> =>
  textWith((path) => isShort(path) && path !== '/' && posix.isAbsolute(path) && posix.resolve(path) === path, expects);
const fileName = (expects: string): v.GenericSchema<unknown, string> =>
  textWith((name) => isShort(name) && /^[\w.-]+$/.test(name) && !/^\.+$/.test(name), expects);

export const eksWebhook = setting(
  Object.keys(EKS_FLAGS).join(', '),
  EKS_FLAGS,
  `The flags of an EKS webhook of your own, each as it has it; what isn't named has the default: \`--annotation-prefix\`, \`--token-mount-path\`, \`--container-credentials-token-mount-path\`, \`--container-credentials-token-path\`, \`--container-credentials-token-volume-name\`. The base identity is read by that prefix alone then. [Why](webhook-order.md).`,
  (expects) =>
    fields(
      {
        annotationPrefix: v.optional(prefix('a DNS subdomain other than rolechain.io'), EKS_FLAGS.annotationPrefix),
        tokenMountPath: v.optional(absolutePath('an absolute path'), EKS_FLAGS.tokenMountPath),
        containerCredentialsTokenMountPath: v.optional(
          absolutePath('an absolute path'),
          EKS_FLAGS.containerCredentialsTokenMountPath,
        ),
        containerCredentialsTokenPath: v.optional(
          fileName('the name of a file'),
          EKS_FLAGS.containerCredentialsTokenPath,
        ),
        containerCredentialsTokenVolumeName: v.optional(
          volumeName("the name of a volume that is not rolechain's"),
          EKS_FLAGS.containerCredentialsTokenVolumeName,
        ),
      },
      expects,
    ),
);

function isShort(path: string): boolean {
  return path.length <= LIMITS.pathChars;
}
