/**
 * HTTP proxies of the application: a client that sends its request for credentials there shows the proxy URL and token.
 * AWS' own SDKs don't, curl and reqwest (Rust: object_store and what is built on it) do. Pure.
 */
import { ENV, HTTP_PROXIES, LOOPBACK, NO_PROXIES } from '@rolechain/shared';
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
 * Whether every client that heeds proxies leaves 127.0.0.1 alone by this value: by the address, or by a network that has it.
 * Not by `*`, `localhost`, `127.*` or a port: test/sdks/observed.json has what curl and reqwest make of each.
 */
export function coversLoopback(noProxy: string): boolean {
  return noProxy.split(/[\s,]+/).some((entry) => entry === LOOPBACK || isNetworkOfLoopback(entry));
}

function isNetworkOfLoopback(entry: string): boolean {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(entry);
  if (!found) return false;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = found.slice(1).map(Number);
  // curl takes /0 for no network.
  if ([a, b, c, d].some((byte) => byte > 255) || bits < 1 || bits > 32) return false;
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor(0x7f_00_00_01 / size);
}

const covers = (variable: EnvVar): boolean => !variable.valueFrom && coversLoopback(variable.value ?? '');
const isSeen = (variable: EnvVar): boolean => !variable.valueFrom && !(variable.value ?? '').includes('$(');

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
    // curl takes `*` for every host only where it stands alone.
    if (!NO_PROXIES.includes(name) || valueFrom || covers(variable) || value?.trim() === '*') return variable;
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
