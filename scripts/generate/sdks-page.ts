import {
  HTTP_PROXIES,
  LOOPBACK,
  NO_PROXIES,
  OBJECT_STORE_PROXY,
  REASONS,
  SDK_VARIABLES,
  type SdkVariable,
} from '@rolechain/shared';
import { NO_PROXY_VALUES } from '../../test/sdks/effects.ts';
import { effectOn, type Observation, type Observed } from '../../test/sdks/observed.ts';
import { code, row } from './markdown.ts';

const EMPTY: Readonly<Record<SdkVariable['empty'], string>> = {
  removed: 'taken out, with a warning; refused beside `envFrom`, and where another field has `$(NAME)`',
  warning: 'a warning',
  nothing: '',
};

/** docs/sdks.md: what is done about the variables that SDKs read, and what the SDKs made of them. */
export function sdksPage(observed: readonly Observed[]): string {
  const asked = observed.filter(({ known }) => known.length > 0);
  const names = (name: string, value: Observation['value'], effects: readonly string[]): string =>
    asked
      .filter((sdk) => effects.includes(effectOn(sdk, name, value) ?? ''))
      .map((sdk) => sdk.name)
      .join(', ');
  const variables = Object.entries(SDK_VARIABLES).map(([name, rule]) =>
    row(
      code(name),
      rule.meaning,
      rule.set === 'warning' ? 'a warning' : `refused: ${code(rule.set)}`,
      names(name, 'filled', ['passed by']),
      names(name, 'filled', ['failed', 'unsure']),
      EMPTY[rule.empty],
      names(name, 'empty', ['failed', 'unsure']),
    ),
  );
  return `# What SDKs make of their environment

Made from \`shared/src/sdk-variables.ts\` and \`test/sdks/observed.json\` by \`pnpm generate\`. The second is made by hand, with
\`node test/sdks/observe.ts\`: each SDK is run with every variable that its sources name, with a sensible value and empty, beside
an endpoint that gives it the role. A test compares the names with the sources of the SDKs that the tests install anyway, and
runs those SDKs over the rows below.

## Variables

What a container that holds a role may say. A row's variables count alone and in pairs.

| variable | what it is | set | bypasses the role | fails | empty | fails over an empty one |
|---|---|---|---|---|---|---|
${variables.join('\n')}

- A refusal follows the setting \`conflicts\`: with \`warn\` the container is left alone instead.
- Keys from a reference that is \`optional: true\` draw a warning: they may not be there.
- Keys in \`envFrom\` can't be seen, and draw a warning. An empty ${code('AWS_ACCESS_KEY_ID')} and ${code('AWS_SECRET_ACCESS_KEY')} in \`env\` hide them: SDKs
  take an empty pair for no keys, but object_store and opendal take it for keys: a container that runs them needs it to be away.
- An empty ${code('AWS_REGION')} or ${code('AWS_DEFAULT_REGION')} counts as absent, where neither has a value and nothing depends on it.
- The URL and the token's file of the endpoint are those of the sidecar, whatever an empty one said.
- Java takes keys from system properties, too (\`-Daws.accessKeyId\` in \`JAVA_TOOL_OPTIONS\`): nothing here looks for them.
- Bedrock's ${code('AWS_BEARER_TOKEN_BEDROCK')} is read by the clients of that service, not by the chain that was asked.

## Proxies

The endpoint is ${code(`http://${LOOPBACK}`)}. A client that sends its request through an HTTP proxy shows the proxy the role's token, and
the proxy can't reach the pod's loopback. ${HTTP_PROXIES.proxies.map(code).join(', ')} are looked at. Where one is set and no ${NO_PROXIES.map(code).join(' or ')}
has ${code(LOOPBACK)} or a network that contains it, there is a warning; where both are there, each has to, since clients
differ in which they read. The setting \`loopbackNoProxy\` adds ${code(LOOPBACK)}. object_store has a proxy
of its own, ${OBJECT_STORE_PROXY.proxies.map(code).join()}, with ${OBJECT_STORE_PROXY.exceptions.map(code).join()}: it is told in the same way, and nothing is added.

| client | variable | kept from the proxy by NO_PROXY | by no_proxy |
|---|---|---|---|
${observed.flatMap(proxyRows).join('\n')}

All others that were asked send the request past the proxy (JavaScript's also with \`NODE_USE_ENV_PROXY=1\`). Tried: ${NO_PROXY_VALUES.map(code).join('; ')}.

## Which

| | version | variables that it names |
|---|---|---|
${observed.map(({ name, version, known }) => row(name, version, String(known.length))).join('\n')}

Rust is AWS' own SDK for it. JavaScript from npm, botocore from PyPI, Go's from the module proxy, Java's from Maven Central, Rust's (aws-config, object_store,
and reqsign, the signer of opendal) from crates.io, curl from Debian. Not asked: the SDKs for .NET, PHP, Ruby, C++, Swift and Kotlin,
fluent-bit and Vector; what is said of them elsewhere is read in their sources.

Reasons: ${(['StaticKeys', 'OwnWebIdentity', 'OwnContainerCredentials'] as const).map((reason) => `${code(reason)}: ${REASONS[reason].text}`).join(' ')}
`;
}

function proxyRows({ name, observations }: Observed): string[] {
  return observations.flatMap(({ variables, keptBy }) =>
    keptBy === undefined
      ? []
      : row(
          name,
          code(variables.join(', ')),
          ...NO_PROXIES.map((no) => (keptBy[no] ?? []).map(code).join('; ') || 'none'),
        ),
  );
}
