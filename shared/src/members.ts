/** Types by which a member that is added to a schema fails the type check until each of its readers and writers handles it. */

/**
 * What a destructuring leaves that names every member: `const { a, b, ...unread } = value; const _none: NothingElse = unread;`.
 * A member that comes later stands in `unread`, and is not of this type.
 */
export type NothingElse = Readonly<Record<string, never>>;

/** Every member named: one that may be absent is undefined here. */
export type EveryMember<T> = {
  readonly [K in keyof Required<T>]: Partial<Pick<T, K>> extends Pick<T, K> ? T[K] | undefined : T[K];
};

/** The members that are not undefined; all have to be named. */
export function present<T extends object>(members: EveryMember<T>): T {
  return withoutUndefined(members) as T;
}

/** Without the members that are undefined. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
