/**
 * Double of IAM's OIDC providers: verifies the token of AssumeRoleWithWebIdentity. Pure.
 *
 * Checks: form, known issuer, signature (RS256, ES256), `exp`, `nbf`, `aud`, in this order. Does not fetch keys: a
 * provider is given with its public keys. Does not read session tags or a source identity out of the token, nor `azp`.
 */
import { list, type OneOrMany } from './iam.ts';
import { decodeJwt, signedByOneOf, type VerifyingKey } from './jwt.ts';
import * as errors from './sts-errors.ts';
import type { StsError } from './sts-errors.ts';
import type { WebIdentity } from './trust.ts';

/** An OIDC provider as IAM knows it. `issuer` is the URL of the tokens; `accounts` limits who has registered it. */
export type OidcProvider = {
  issuer: string;
  audience: OneOrMany;
  publicKey: VerifyingKey | readonly VerifyingKey[];
  accounts?: readonly string[];
};

/** The identity of a token presented to a role of `account`, or STS's error. `now` in milliseconds. */
export function verifyWebIdentity(
  token: string,
  providers: readonly OidcProvider[],
  account: string,
  now: number,
): WebIdentity | StsError {
  const claims = decodeJwt(token)?.claims;
  if (claims === undefined) {
    return errors.invalidIdentityToken(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    );
  }
  const issuer = String(claims.iss);
  const provider = providers.find((p) => p.issuer === issuer && (p.accounts ?? [account]).includes(account));
  if (provider === undefined) {
    return errors.invalidIdentityToken(`No OpenIDConnect provider found in your account for ${issuer}`);
  }
  const keys: VerifyingKey[] = [provider.publicKey].flat();
  if (!signedByOneOf(token, keys)) {
    return errors.invalidIdentityToken(
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    );
  }
  const seconds = Math.floor(now / 1000);
  const { exp, nbf, aud, sub } = claims;
  if (typeof exp !== 'number') return errors.invalidIdentityToken('Token has no expiration (exp)');
  if (exp <= seconds) return errors.expiredIdentityToken(seconds, exp);
  // STS's own words for a token from the future are not known.
  if (typeof nbf === 'number' && nbf > seconds) return errors.invalidIdentityToken('Token is not valid yet (nbf)');
  const presented: unknown[] = [aud].flat();
  const audience = list(provider.audience).find((known) => presented.includes(known));
  if (audience === undefined) return errors.invalidIdentityToken('Incorrect token audience');
  return { issuer: issuer.replace(/^https:\/\//, ''), subject: String(sub), audience };
}
