/**
 * Double of STS's actions: from checked caller and parameters to the fields of the answer. What is checked and what is
 * not stands in sts.ts.
 */
import { parseArn, sessionArn, type Permission, type RoleFixture } from './iam.ts';
import type { Fields } from './sts-answers.ts';
import * as errors from './sts-errors.ts';
import type { StsError } from './sts-errors.ts';
import { uniqueId, type HeldKey, type Keyring, type SessionKey } from './sts-keyring.ts';
import { checkParameters, packedPercent, type AssumeParameters, type Parameters } from './sts-parameters.ts';
import { decideAssumeRole, decideWebIdentity, type Caller, type Carried, type Decision } from './trust.ts';
import { verifyWebIdentity, type OidcProvider } from './web-identity.ts';

export type StsState = {
  roles: Map<string, RoleFixture>;
  userPermissions: Map<string, readonly Permission[]>;
  keyring: Keyring;
  oidc: readonly OidcProvider[];
  now: () => number;
  sessionSeconds: number | undefined;
};

/** What to answer. `reason` is for the record of the double, never for the client. */
export type Outcome = { result: Fields } | { error: StsError; reason?: string };

const CHAINING_SECONDS = 3600;
const DEFAULT_MAX_SESSION = 3600;
/** AWS does not publish what a session token may grow to; this only makes the percentage a plausible number. */
const TOKEN_BYTES = 4096;

/** Answers an action of a caller whose signature is right; `key` is undefined for the one action without signature. */
export function answerAction(
  state: StsState,
  action: string,
  parameters: Parameters,
  key: HeldKey | undefined,
): Outcome {
  if (action === 'AssumeRoleWithWebIdentity') return assumeWithWebIdentity(state, parameters);
  if (key === undefined) throw new Error(`action ${action} reached without a caller`);
  if (key.expiresAt !== undefined && key.expiresAt <= state.now()) return { error: errors.expiredToken() };
  if (action === 'GetCallerIdentity') {
    const { arn, userId, accountId } = key.holder;
    return { result: { Arn: arn, UserId: userId, Account: accountId } };
  }
  if (action === 'AssumeRole') return assumeRole(state, parameters, key);
  return { error: errors.invalidAction(action) };
}

function assumeRole(state: StsState, parameters: Parameters, key: HeldKey): Outcome {
  const request = checkParameters('AssumeRole', parameters);
  if ('code' in request) return { error: request };
  const caller: Caller = { ...key.holder, permissions: permissionsOf(state, key) };
  if (caller.roleArn !== undefined && request.durationSeconds > CHAINING_SECONDS) {
    return { error: errors.validationError(errors.CHAINING_LIMIT) };
  }
  const role = state.roles.get(request.roleArn);
  const decision = decideAssumeRole(role, caller, request);
  if (!decision.allowed) return denied(decision, caller.arn, request.roleArn);
  return session(state, request, role, decision.carried);
}

function assumeWithWebIdentity(state: StsState, parameters: Parameters): Outcome {
  const request = checkParameters('AssumeRoleWithWebIdentity', parameters);
  if ('code' in request) return { error: request };
  const account = parseArn(request.roleArn)?.account ?? '';
  const identity = verifyWebIdentity(request.webIdentityToken ?? '', state.oidc, account, state.now());
  if ('code' in identity) return { error: identity };
  const role = state.roles.get(request.roleArn);
  const decision = decideWebIdentity(role, identity, request.sessionName);
  if (!decision.allowed) return { error: errors.webIdentityDenied(), reason: decision.reason };
  const outcome = session(state, request, role, { tags: {}, transitiveTagKeys: [] });
  if ('error' in outcome) return outcome;
  const { subject, audience, issuer } = identity;
  const token = { SubjectFromWebIdentityToken: subject, Audience: audience, Provider: `https://${issuer}` };
  return { result: { ...outcome.result, ...token } };
}

/** Credentials of a session that is allowed, once its size and length are. */
function session(state: StsState, request: AssumeParameters, role: RoleFixture | undefined, carried: Carried): Outcome {
  if (request.durationSeconds > (role?.maxSessionDuration ?? DEFAULT_MAX_SESSION)) {
    return { error: errors.validationError(errors.ROLE_LIMIT) };
  }
  const percent = packedPercent(request.policyText, carried.tags);
  if (percent !== undefined && percent > 100) {
    const tooLarge = request.policyText === '' ? errors.packedTagsTooLarge : errors.packedPolicyTooLarge;
    return { error: tooLarge(percent) };
  }
  const seconds = state.sessionSeconds ?? request.durationSeconds;
  const key = mintRoleSession(state, request.roleArn, request.sessionName, seconds, carried);
  return {
    result: {
      Credentials: {
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: key.secretAccessKey,
        SessionToken: key.sessionToken,
        Expiration: new Date(key.expiresAt).toISOString().replace('.000Z', 'Z'),
      },
      AssumedRoleUser: { Arn: key.holder.arn, AssumedRoleId: key.holder.userId },
      PackedPolicySize: percent === undefined ? undefined : String(percent),
      SessionTokenSize: String(key.sessionToken.length),
      SessionTokenUtilization: String(Math.ceil((100 * key.sessionToken.length) / TOKEN_BYTES)),
      SourceIdentity: carried.sourceIdentity,
    },
  };
}

/** Mints credentials; the expiry is a whole second, as STS states it. */
export function mintRoleSession(
  state: StsState,
  roleArn: string,
  sessionName: string,
  seconds: number,
  carried: Carried,
): SessionKey {
  const expiresAt = (Math.floor(state.now() / 1000) + seconds) * 1000;
  const holder = {
    ...carried,
    arn: sessionArn(roleArn, sessionName),
    roleArn,
    userId: `${uniqueId('AROA', roleArn)}:${sessionName}`,
    accountId: parseArn(roleArn)?.account ?? '',
  };
  return state.keyring.mintSession(holder, expiresAt);
}

function permissionsOf(state: StsState, { holder }: HeldKey): readonly Permission[] {
  if (holder.roleArn === undefined) return state.userPermissions.get(holder.arn) ?? [];
  return state.roles.get(holder.roleArn)?.permissions ?? [];
}

function denied(decision: Extract<Decision, { allowed: false }>, callerArn: string, roleArn: string): Outcome {
  const { reason } = decision;
  if ('denied' in decision) return { error: errors.accessDenied(callerArn, decision.denied, roleArn), reason };
  if (decision.conflict === 'source-identity') {
    return { error: errors.validationError(errors.SOURCE_IDENTITY_SET), reason };
  }
  return { error: errors.invalidParameterValue(errors.TRANSITIVE_TAG_TAKEN), reason };
}
