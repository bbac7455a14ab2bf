/**
 * Libraries that the sidecar's bundle does without: nothing in it ever calls them, but what it uses imports them. Each
 * is replaced by functions that throw its name.
 */
import type { Plugin } from 'esbuild';

interface LeftOut {
  /** As it is imported. */
  readonly module: RegExp;
  /** Why nothing calls it. */
  readonly reason: string;
  /** Functions by these names; absent: the module is one function. */
  readonly names?: readonly string[];
  /** A selector: it may be called, and gives a function that may not. */
  readonly selector?: true;
}

export const LEFT_OUT: readonly LeftOut[] = [
  {
    module: /^node:http2$/,
    reason: 'Both ports speak HTTP/1.1, and so does the SDK for STS. Node would load 1 MiB of its own for it.',
    names: ['connect', 'createServer', 'createSecureServer'],
  },
  { module: /^light-my-request$/, reason: "fastify's inject, for tests." },
  {
    module: /^@fastify\/ajv-compiler$/,
    reason: 'No route has a schema of its input.',
    selector: true,
  },
  {
    module: /^@fastify\/fast-json-stringify-compiler$/,
    reason: 'No route has a schema of its output.',
    selector: true,
  },
  { module: /^@fastify\/proxy-addr$/, reason: 'trustProxy is off.', names: ['all', 'compile'] },
  {
    module: /^semver$/,
    reason: 'Compares versions of fastify with those that a plugin asks for; there are no plugins.',
    names: ['satisfies', 'gt', 'coerce'],
  },
  { module: /^thread-stream$/, reason: "pino's transports in worker threads; ours writes to standard output." },
  { module: /^@pinojs\/redact$/, reason: "pino's option `redact` isn't used." },
  { module: /^@opentelemetry\/api$/, reason: "prom-client's default metrics aren't collected.", names: ['trace'] },
  { module: /^tdigest$/, reason: "prom-client's Summary isn't used.", names: ['TDigest'] },
  {
    module: /^@aws-sdk\/credential-provider-(?:sso|login|http|process)$/,
    reason: "The STS client's default chain: every call of ours is signed with credentials that we give it.",
    names: ['fromSSO', 'fromLoginCredentials', 'fromHttp', 'fromProcess', 'isSsoProfile', 'validateSsoProfile'],
  },
  {
    module: /^@aws-sdk\/nested-clients\//,
    reason: "The STS client's default chain, and a profile that asks for a role is refused (profiles.ts).",
    names: ['getDefaultRoleAssumer', 'getDefaultRoleAssumerWithWebIdentity'],
  },
];

/** What is not bundled, replaced. */
export const leaveOut: Plugin = {
  name: 'leave-out',
  setup: ({ onResolve, onLoad }) => {
    for (const [index, row] of LEFT_OUT.entries()) {
      const namespace = `left-out-${index}`;
      onResolve({ filter: row.module }, ({ path }) => ({ path, namespace }));
      onLoad({ filter: /^/, namespace }, ({ path }) => ({ contents: standIn(path, row), loader: 'js' }));
    }
  },
};

function standIn(module: string, { names, selector }: LeftOut): string {
  const thrower = (name: string): string =>
    `function () { throw new Error(${JSON.stringify(`${name} is left out of this bundle (scripts/build/left-out.ts)`)}); }`;
  if (selector) return `module.exports = () => ${thrower(module)};`;
  if (names === undefined) return `module.exports = ${thrower(module)};`;
  const members = names.map((name) => `${name}: ${thrower(`${module} ${name}`)}`);
  return `module.exports = { ${[...members, ...(module === 'node:http2' ? ['constants: {}'] : [])].join(', ')} };`;
}
