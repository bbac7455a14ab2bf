/**
 * HTTP proxies of the application: a client that sends its request for credentials there shows the proxy URL and token.
 * Most SDKs don't; AWS' own for Rust, reqwest (object_store and what is built on it) and curl do. Pure.
 */
import { HTTP_PROXIES, LIMITS, LOOPBACK, NO_PROXIES, OBJECT_STORE_PROXY, type ProxyVariables } from '@rolechain/shared';
import { truncate } from '../objects/truncate.ts';
import { hasEnvFrom, isEmpty, type Container, type EnvVar } from '../objects/pod.ts';

/** The variables of `env` that lead requests over plain HTTP to a proxy. */
function proxiesIn(env: readonly EnvVar[], { proxies }: ProxyVariables): string[] {
  const there = env.filter((variable) => proxies.includes(variable.name) && !isEmpty(variable));
  return [...new Set(there.map(({ name }) => name))];
}

/** Clients read one of NO_PROXY and no_proxy, curl the other first than reqwest does: each that is there has to cover it. */
function exceptionsIn(env: readonly EnvVar[], { exceptions }: ProxyVariables): EnvVar[] {
  return env.filter(({ name }) => exceptions.includes(name));
}

/**
 * Whether every client that heeds proxies leaves 127.0.0.1 alone by this value: by the address, or by a network within
 * 127.0.0.0/8 that has it, between commas. Not by `*`, `localhost`, `127.*`, a port, or between spaces alone:
 * test/sdks/observed.json has what curl and reqwest make of each. Of a long text only the beginning is looked at.
 */
export function coversLoopback(noProxy: string): boolean {
  if (noProxy.length > LIMITS.noProxyChars) return false;
  let left = LIMITS.noProxyEntries;
  for (const { index, 0: entry, ...parts } of noProxy.matchAll(IN_LOOPBACK)) {
    if (left-- === 0) return false;
    const [before, behind] = [noProxy.slice(0, index).trimEnd(), noProxy.slice(index + entry.length).trimStart()];
    const isAlone = (before === '' || before.endsWith(',')) && (behind === '' || behind.startsWith(','));
    if (isAlone && hasLoopback([parts[1], parts[2], parts[3], parts[4]])) return true;
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
  return [HTTP_PROXIES, OBJECT_STORE_PROXY].flatMap((variables) => proxyWarning(container, env, variables));
}

function proxyWarning(container: Container, env: readonly EnvVar[], variables: ProxyVariables): string[] {
  const proxies = proxiesIn(env, variables);
  const exceptions = exceptionsIn(env, variables);
  const open = exceptions.filter((variable) => !covers(variable));
  if (proxies.length === 0 || (open.length === 0 && exceptions.length > 0)) return [];
  const [name = ''] = variables.exceptions;
  const unknown = open.length > 0 ? open.every((variable) => !isSeen(variable)) : hasEnvFrom(container);
  const where = unknown
    ? `unless the ${name} that rolechain can't see names ${LOOPBACK}`
    : `since no ${name} names ${LOOPBACK}: add it`;
  return [
    `container ${container.name} sets ${truncate(proxies)}: curl and some SDKs (Rust) send the role's token through the proxy, ${where}`,
  ];
}

/**
 * `env` with 127.0.0.1 in NO_PROXY where it names a proxy (the setting `loopbackNoProxy`). One that comes from elsewhere,
 * or may come from envFrom, stays: its value isn't known.
 */
export function withLoopback(env: readonly EnvVar[], container: Container): readonly EnvVar[] {
  if (proxiesIn(env, HTTP_PROXIES).length === 0) return env;
  if (exceptionsIn(env, HTTP_PROXIES).length === 0) {
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
  if (proxiesIn(env, HTTP_PROXIES).length === 0) return back;
  env.forEach((variable, index) => {
    const { name, value, valueFrom } = variable;
    if (!NO_PROXIES.includes(name) || valueFrom || typeof value !== 'string') return;
    const rest = value.endsWith(`,${LOOPBACK}`) ? value.slice(0, -LOOPBACK.length - 1) : undefined;
    if (rest !== undefined && !coversLoopback(rest)) back.set(variable, { ...variable, value: rest });
    else if (value === LOOPBACK && index > start) back.set(variable, undefined);
  });
  return back;
}
