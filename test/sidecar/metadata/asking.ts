/**
 * Runs in a network namespace of its own, whose loopback has the metadata addresses. Prints one line of JSON, `Asked`: what
 * came of each form of profile, and how many IP packets there were meanwhile, of whatever kind.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { closeEnvironment, environment } from '@rolechain/sidecar';
import { FORMS, THE_ROW, type Form } from './forms.ts';

/** Of instance (IPv4, IPv6), ECS task and EKS Pod Identity agent (IPv4, IPv6). */
const ADDRESSES = ['169.254.169.254', 'fd00:ec2::254', '169.254.170.2', '169.254.170.23', 'fd00:ec2::23'];

export interface Asked {
  readonly outcomes: readonly (readonly [name: string, outcome: string, expected: string])[];
  /** While ours read all of them. */
  readonly packets: number;
  readonly requests: number;
  /** What the SDK's chain gave for the row, and the packets that it took: whether the stubs would be seen at all. */
  readonly control: { readonly accessKeyId: string; readonly packets: number; readonly requests: number };
  /** The environment that a command sees in the sidecar: AWS_EC2_METADATA_DISABLED, and AWS_ROLE_ARN or `none`. */
  readonly commandSees: readonly [string, string];
}

let requests = 0;
const NODE_ROLE = {
  Code: 'Success',
  AccessKeyId: 'ASIANODE',
  SecretAccessKey: 'n',
  Token: 't',
  Expiration: '2099-01-01T00:00:00Z',
};
const metadata: RequestListener = (request, response) => {
  requests++;
  const { method, url = '' } = request;
  const role = /security-credentials\/(?<name>.*)$/.exec(url)?.groups?.name;
  if (method === 'PUT') response.end('token');
  else response.end(role === '' ? 'node' : JSON.stringify(NODE_ROLE));
};
const servers = await Promise.all(
  ADDRESSES.map((host) => {
    const server = createServer(metadata);
    return new Promise<typeof server>((resolve) => server.listen(80, host, () => resolve(server)));
  }),
);

/** IP packets that this namespace has sent, of both families. */
function sentPackets(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip:'));
  const v4 = Number(values.split(' ')[names.split(' ').indexOf('OutRequests')]);
  const v6 = Number(/^Ip6OutRequests\s+(\d+)$/m.exec(readFileSync('/proc/net/snmp6', 'utf8'))?.[1]);
  return v4 + v6;
}

const root = mkdtempSync(join(tmpdir(), 'rolechain-metadata-'));
function secret({ files }: Form, index: number | string): string {
  const folder = join(root, `${index}`);
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Access key or code. */
async function outcomeOf(folder: string): Promise<string> {
  try {
    return (await environment(folder, () => false)()).accessKeyId;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

try {
  // As a process that nobody closed: not the variable keeps it from the node.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) Reflect.deleteProperty(process.env, name);
  const before = sentPackets();
  const outcomes: [string, string, string][] = [];
  for (const [index, form] of [...FORMS, THE_ROW].entries()) {
    outcomes.push([form.name, await outcomeOf(secret(form, index)), form.expected]);
  }
  const [packets, asked] = [sentPackets() - before, requests];

  const folder = secret(THE_ROW, 'control');
  const provider = defaultProvider({
    profile: 'default',
    filepath: join(folder, 'credentials'),
    configFilepath: join(folder, 'config'),
    ignoreCache: true,
  });
  const { accessKeyId } = await provider();
  const control = { accessKeyId, packets: sentPackets() - before - packets, requests: requests - asked };

  process.env.AWS_ROLE_ARN = 'arn:aws:iam::111111111111:role/node';
  closeEnvironment(process.env);
  const output =
    String.raw`{\"Version\":1,\"AccessKeyId\":\"$AWS_EC2_METADATA_DISABLED\",\"SecretAccessKey\":\"` +
    '${AWS_ROLE_ARN-none}' +
    String.raw`\"}`;
  const command = { name: '', files: { config: `[default]\ncredential_process = echo "${output}"\n` }, expected: '' };
  const seen = await environment(secret(command, 'command'), () => false)();
  const result: Asked = {
    outcomes,
    packets,
    requests: asked,
    control,
    commandSees: [seen.accessKeyId, seen.secretAccessKey],
  };
  process.stdout.write(JSON.stringify(result));
} finally {
  rmSync(root, { recursive: true });
  for (const server of servers) server.close();
}
