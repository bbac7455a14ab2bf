/**
 * HTTP proxies of the application: a client that sends its request for credentials there shows the proxy URL and token.
 * AWS' own SDKs don't, curl and reqwest (Rust: object_store and what is built on it) do. Pure.
 */
import { ENV, HTTP_PROXIES, LIMITS, LOOPBACK, NO_PROXIES } from '@rolechain/shared';
import { few } from './few.ts';
import type { Container, EnvVar } from './pod.ts';
import { hasEnvFrom, isEmpty } from './sdk-env.ts';

/** The variables of `env` that lead requests over plain HTTP to a proxy. */
function proxiesIn(env: readonly EnvVar[]): string[] {
  const there = env.filter((variable) => HTTP_PROXIES.includes(variable.name) && !isEmpty(variable));
  return [...new Set(there.map(({ name }) => name))];
}

/** Clients read one of NO_PROXY and no_proxy, curl the other first than reqwest does: each that is there has to cover it. */
function exceptions(env: readonly EnvVar[]): EnvVar[] {
  return env.filter(({ name }) => NO_PROXIES.includes(name));
}

/**
 * Whether every client that heeds proxies leaves 127.0.0.1 alone by this value: by the address, or by a network within
 * 127.0.0.0/8 that has it. Not by `*`, `localhost`, `127.*` or a port: test/sdks/observed.json has what curl and reqwest make
 * of each. Of a long text only the beginning is looked at.
 */
export function coversLoopback(noProxy: string): boolean {
  if (noProxy.length > LIMITS.noProxyChars) return false;
  let left = LIMITS.noProxyEntries;
  for (const [, ...parts] of noProxy.matchAll(IN_LOOPBACK)) {
    if (left-- === 0) return false;
    if (hasLoopback(parts)) return true;
  }
  return false;
}

/** An address that begins with 127, or a network of such, as one entry of the list. */
const IN_LOOPBACK = /(?<![^\s,])127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?(?![^\s,])/g;

function hasLoopback([b, c, d, bits = '32']: readonly (string | undefined)[]): boolean {
  const [second = 256, third = 256, fourth = 256, size = 0] = [b, c, d, bits].map(Number);
  if ([second, third, fourth].some((byte) => byte > 255) || size < 8 || size > 32) return false;
  const host = 2 ** (32 - size);
  return Math.floor((second * 65_536 + third * 256 + fourth) / host) === Math.floor(1 / host);
}

const covers = (variable: EnvVar): boolean => !variable.valueFrom && coversLoopback(variable.value ?? '');
/** Its value is known here. */
const isSeen = ({ value, valueFrom }: EnvVar): boolean =>
  !valueFrom && (value ?? '').length <= LIMITS.noProxyChars && !(value ?? '').includes('$(');

/** A warning where a proxy may see the container's requests for credentials. `env` as the container will have it. */
export function proxyWarnings(container: Container, env: readonly EnvVar[]): string[] {
  const proxies = proxiesIn(env);
  const open = exceptions(env).filter((variable) => !covers(variable));
  if (proxies.length === 0 || (open.length === 0 && exceptions(env).length > 0)) return [];
  const unknown = open.length > 0 ? open.every((variable) => !isSeen(variable)) : hasEnvFrom(container);
  const where = unknown
    ? `unless the ${ENV.noProxy} that rolechain can't see names ${LOOPBACK}`
    : `since no ${ENV.noProxy} names ${LOOPBACK}`;
  return [
    `container ${container.name} sets ${few(proxies)}: curl and some SDKs (Rust) send the role's token through the proxy, ${where}`,
  ];
}

/**
 * `env` with 127.0.0.1 in NO_PROXY where it names a proxy (the setting `loopbackNoProxy`). One that comes from elsewhere,
 * or may come from envFrom, stays: its value isn't known.
 */
export function withLoopback(env: readonly EnvVar[], container: Container): readonly EnvVar[] {
  if (proxiesIn(env).length === 0) return env;
  if (exceptions(env).length === 0) {
    return hasEnvFrom(container) ? env : [...env, ...NO_PROXIES.map((name) => ({ name, value: LOOPBACK }))];
  }
  return env.map((variable) => {
    const { name, value, valueFrom } = variable;
    if (!NO_PROXIES.includes(name) || valueFrom || covers(variable)) return variable;
    // curl takes `*` for every host only where it stands alone.
    if (value?.trim() === '*' || (value ?? '').length >= LIMITS.noProxyChars - LOOPBACK.length) return variable;
    return { ...variable, value: value ? `${value},${LOOPBACK}` : LOOPBACK };
  });
}

/**
 * The variables that `withLoopback` may have written, as they were; undefined for one that wasn't there. What ended in
 * the address before is taken for ours. `start`: where ours begin.
 */
export function withoutLoopback(env: readonly EnvVar[], start: number): ReadonlyMap<EnvVar, EnvVar | undefined> {
  const back = new Map<EnvVar, EnvVar | undefined>();
  if (proxiesIn(env).length === 0) return back;
  env.forEach((variable, index) => {
    const { name, value, valueFrom } = variable;
    if (!NO_PROXIES.includes(name) || valueFrom || typeof value !== 'string') return;
    const rest = value.endsWith(`,${LOOPBACK}`) ? value.slice(0, -LOOPBACK.length - 1) : undefined;
    if (rest !== undefined && !coversLoopback(rest)) back.set(variable, { ...variable, value: rest });
    else if (value === LOOPBACK && index > start) back.set(variable, undefined);
  });
  return back;
}
