/** Who is measured: each step of the sidecar's tuning, the last of them as it is shipped, and the peers. */
import { join } from 'node:path';
import { ENV, PATHS, tokenFile, writeSidecarConfig } from '@rolechain/shared';
import { buildProber, buildSidecar, STEPS } from '../../../scripts/build/sidecar.ts';
import { ROOT } from '../../../scripts/build/root.ts';
import { ACCOUNT, EXTERNAL_ID, REGION, ROLE, type BenchPod, type World } from './world.ts';

/** How a sidecar is started for a pod. */
export interface Launch {
  readonly command: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** What is asked for in Authorization, once the sidecar has written it. */
  readonly tokenFile: string;
}

export interface Contestant {
  readonly name: string;
  readonly launch: (pod: BenchPod, world: World) => Launch;
}

export interface Contestants {
  /** In the order of the tuning: untuned first, shipped last. */
  readonly steps: readonly Contestant[];
  readonly untuned: Contestant;
  readonly shipped: Contestant;
  /** The folder that holds the shipped programs, the prober's among them. */
  readonly shippedFolder: string;
  readonly go: Contestant;
  /** node:http with one constant answer: the floor of what Node takes for a request. */
  readonly nodeHTTP: Contestant;
}

const SESSION = 'shop.orders-1';
const DURATION_SECONDS = 3600;

export async function makeContestants(world: World, goProgram: string): Promise<Contestants> {
  const steps: Contestant[] = [];
  for (const [index, { name, ...form }] of STEPS.entries()) {
    const { args, environment } = await buildSidecar(folderOf(world, index), form);
    steps.push({ name, launch: (pod) => ours([process.execPath, ...args], environment, pod, world) });
  }
  const [untuned, shipped] = [steps[0], steps.at(-1)];
  if (!untuned || !shipped) throw new Error('the build names no steps');
  const shippedFolder = folderOf(world, STEPS.length - 1);
  await buildProber(shippedFolder);
  const go = { name: 'Go', launch: (pod: BenchPod) => goPeer(goProgram, pod, world) };
  return { steps, untuned, shipped, shippedFolder, go, nodeHTTP: { name: 'node:http', launch: bareNode } };
}

function folderOf({ folder }: World, step: number): string {
  return join(folder, `step-${step}`);
}

function ours(command: readonly string[], environment: Launch['env'], pod: BenchPod, world: World): Launch {
  const hop = {
    roleARN: ROLE,
    sessionName: SESSION,
    durationSeconds: DURATION_SECONDS,
    stsRegion: REGION,
    externalID: EXTERNAL_ID,
  };
  const config = writeSidecarConfig({
    version: 1,
    ...ACCOUNT,
    ports: pod.ports,
    agentEndpoints: [world.agentURL],
    stsEndpoint: world.stsURL,
    roles: { default: { source: { type: 'pod-identity' }, startup: 'require', hops: [hop] } },
  });
  const { root } = pod.files;
  return {
    command,
    env: {
      ...environment,
      NODE_EXTRA_CA_CERTS: world.caFile,
      [ENV.config]: config,
      [ENV.podName]: 'orders-1',
      [ENV.root]: root,
    },
    tokenFile: join(root, tokenFile('default')),
  };
}

function goPeer(program: string, { files, ports }: BenchPod, world: World): Launch {
  const token = join(files.root, 'token');
  const flags = {
    port: ports.credentials,
    health: ports.health,
    'token-file': token,
    sts: world.stsURL,
    region: REGION,
    role: ROLE,
    session: SESSION,
    'external-id': EXTERNAL_ID,
    seconds: DURATION_SECONDS,
  };
  return {
    command: [program, ...Object.entries(flags).flatMap(([name, value]) => [`-${name}`, String(value)])],
    env: {
      SSL_CERT_FILE: world.caFile,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: world.agentURL,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(files.root, PATHS.baseIdentity, PATHS.podIdentityToken),
    },
    tokenFile: token,
  };
}

/** An answer as long as ours is beside the double of STS. */
function bareNode({ files, ports }: BenchPod): Launch {
  const token = join(files.root, 'token');
  const answer = {
    ...{ AccessKeyId: 'ASIA'.padEnd(20, 'A'), SecretAccessKey: 'x'.repeat(40), Token: 'x'.repeat(660) },
    ...{ Expiration: new Date(Date.now() + DURATION_SECONDS * 1000).toISOString(), AccountId: '222222222222' },
  };
  const program = join(ROOT, 'bench/peers/node-http/server.cjs');
  return {
    command: [process.execPath, program, String(ports.credentials), token, JSON.stringify(answer)],
    env: {},
    tokenFile: token,
  };
}
