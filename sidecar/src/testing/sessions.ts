import type { Session } from '../model/session.ts';

export const MINUTE = 60_000;

/** A session of `minutes` from `now` on; its key id is `name`. */
export function makeSession(now: number, minutes: number, name = 'ASIAX'): Session {
  const expiresAt = now + minutes * MINUTE;
  return { accessKeyId: name, secretAccessKey: 'secret', sessionToken: 'session', obtainedAt: now, expiresAt };
}
