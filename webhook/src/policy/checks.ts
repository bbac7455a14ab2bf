/**
 * The checks that a pod passes on its way to a sidecar, in order: the one list of them. docs/pods.md is made from it. A check looks
 * at facts and gives findings, each with its reason code; what becomes of the pod then, the table of reasons and the setting
 * `conflicts` say (decide-pod.ts). Pure.
 */
import { ANNOTATIONS, FOREIGN_KEYS, LIMITS, SIDECAR, formatProblems, type ReasonCode } from '@rolechain/shared';
import { containerFindings, whyNoneHolds, type Finding } from './findings.ts';
import type { Facts } from './facts.ts';
import { mayAsk } from './lock-down.ts';
import { windowsSign } from './node-os.ts';
import { patchTooLarge, podTooLarge } from './pod-size.ts';
import { annotationOf } from '../objects/pod.ts';
import { truncate } from '../objects/truncate.ts';

export interface Check<F = Facts> {
  /** The codes that its findings may have. */
  readonly reasons: readonly ReasonCode[];
  /** Whether it looks at the containers, one by one. */
  readonly ofContainers?: true;
  readonly find: (facts: F) => readonly Finding[];
}

/** Checks whose findings are told together. */
export interface Step<F = Facts> {
  /** What they look at, as docs/pods.md says it. */
  readonly about: string;
  readonly checks: readonly Check<F>[];
}

const { inject, skipContainers } = ANNOTATIONS;
const found = (reason: ReasonCode, detail: string | undefined): readonly Finding[] =>
  detail === undefined ? [] : [{ reason, detail }];
const holds = (reason: ReasonCode, condition: boolean): readonly Finding[] => found(reason, condition ? '' : undefined);
const check = (reason: ReasonCode, find: (facts: Facts) => string | undefined): Check => ({
  reasons: [reason],
  find: (facts) => found(reason, find(facts)),
});

/** From the pod alone, before anything is looked up. */
export const PRE_CHECKS: Step<{ readonly pod: unknown }> = {
  about: `Mirror pods, and pods with \`${inject.key}: "false"\`, before anything is looked up.`,
  checks: [
    {
      reasons: ['MirrorPod'],
      find: ({ pod }) => holds('MirrorPod', annotationOf(pod, FOREIGN_KEYS.mirrorPod) !== undefined),
    },
    {
      reasons: ['OptedOut'],
      find: ({ pod }) => holds('OptedOut', annotationOf(pod, inject.key) === 'false'),
    },
  ],
};

/** Of a pod whose account is known. The first step that finds something decides. */
export const STEPS: readonly Step[] = [
  {
    about:
      'Pods whose ServiceAccount asks for no role: no byte of them changes, whatever else is in them, and they are never refused.',
    checks: [{ reasons: ['NotAnnotated'], find: ({ judged }) => holds('NotAnnotated', judged() === undefined) }],
  },
  {
    about:
      "Pods that their Namespace's default role is for, and whose ServiceAccount the admin does not let ask: nobody asked for them, so they are left alone, with a warning.",
    checks: [
      {
        reasons: ['DefaultNotAllowed'],
        find: ({ asked: { account, settings } }) =>
          holds('DefaultNotAllowed', account.byDefault === true && !mayAsk(account, settings)),
      },
    ],
  },
  {
    about:
      "The account's annotation, or its Namespace's default role, with what the admin and the owner of its Namespace allow.",
    checks: [
      {
        reasons: [
          'AccountForbidden',
          'AnnotationInvalid',
          'DefaultRoleInvalid',
          'SourceForbidden',
          'ServiceAccountForbidden',
          'CredentialSourceForbidden',
          'DurationTooLong',
          'TagsImpossible',
          'AllowedRolesInvalid',
          'RoleNotAllowed',
        ],
        find: ({ judged }) => {
          const account = judged();
          return account?.outcome === 'refused' ? account.findings : [];
        },
      },
    ],
  },
  {
    about: 'The size of the pod.',
    checks: [check('PodTooLarge', ({ asked }) => podTooLarge(asked.pod))],
  },
  {
    about: 'The shape of the pod.',
    checks: [
      check('PodMalformed', ({ view }) => {
        const checked = view();
        return checked.ok ? undefined : `its shape: ${formatProblems(checked.problems)}`;
      }),
    ],
  },
  {
    about: "The pod's annotations.",
    checks: [
      check('PodAnnotationInvalid', ({ readAnnotations }) => {
        const read = readAnnotations();
        return read.ok ? undefined : `the pod: ${formatProblems(read.problems.slice(0, LIMITS.placesNamed))}`;
      }),
    ],
  },
  {
    about: `Roles that the account does not declare; names of ours that are taken: containers and volumes \`${SIDECAR.name}\`, volumes \`${SIDECAR.volumePrefix}…\`, mounts of them; conflicts of the pod, then of its containers. All of these are told at once, and the first one's code is the outcome. What containers in \`${skipContainers.key}\` and those of meshes set is not looked at.`,
    checks: [
      check('RoleUndeclared', ({ undeclaredRoles }) => listed(undeclaredRoles())),
      check('NameTaken', ({ ours }) => listed(ours().nameCollisions)),
      check('Windows', ({ pod }) => {
        const sign = windowsSign(pod());
        return sign === undefined ? undefined : `the pod asks for it by ${sign}`;
      }),
      check('HostNetwork', ({ pod }) => (pod().spec.hostNetwork === true ? '' : undefined)),
      check('SharedProcessNamespace', ({ sharedProcesses, wanted }) => {
        const shared = sharedProcesses();
        return shared !== undefined && wanted().length > 1 ? `by ${shared}` : undefined;
      }),
      { reasons: ['MeshWithoutNetwork'], find: ({ network }) => network().conflicts },
      {
        reasons: ['StaticKeys', 'OwnWebIdentity', 'OwnContainerCredentials', 'MountPathTaken'],
        ofContainers: true,
        find: ({ containers }) => containerFindings(containers()),
      },
    ],
  },
  {
    about: 'The size of the patch.',
    checks: [
      check('PodTooLarge', ({ places, containers, asked }) => patchTooLarge(places(), containers(), asked.settings)),
    ],
  },
  {
    about: 'Whether any container holds a role.',
    checks: [
      check('NoContainerSelected', ({ held, containers }) =>
        held().length > 0 ? undefined : whyNoneHolds(containers()),
      ),
    ],
  },
  {
    about: 'The resources of the sidecar.',
    checks: [
      check('LimitRangeTooTight', ({ resources }) => {
        const made = resources();
        return 'noRoom' in made ? truncate(made.noRoom, '; ') : undefined;
      }),
      check('SidecarResourcesInvalid', ({ resources }) => {
        const made = resources();
        return 'noRoom' in made || made.ok ? undefined : formatProblems(made.problems);
      }),
    ],
  },
];

/** All of them, in order. */
export const CHECKS: readonly Pick<Check, 'reasons'>[] = [PRE_CHECKS, ...STEPS].flatMap(({ checks }) => checks);

function listed(names: readonly string[]): string | undefined {
  return names.length > 0 ? truncate(names) : undefined;
}
