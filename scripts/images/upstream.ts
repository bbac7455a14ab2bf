/** The images that the Dockerfiles name, each by its digest: a tag may be another image by the next build, or the next release. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../test/node/run.ts';
import { ROOT } from '../build/root.ts';
import { IMAGES } from '../build/parts.ts';
import { ARCHITECTURES, type Architecture } from './architecture.ts';
import type { Bases } from './bases.ts';

/** The defaults of the arguments, which both Dockerfiles have. Throws where they don't agree, or an argument has none. */
export function namedBases(
  dockerfiles: readonly string[] = IMAGES.map((program) => readFileSync(join(ROOT, `Dockerfile.${program}`), 'utf8')),
): Bases {
  const named = (argument: keyof Bases): string => {
    const found = dockerfiles.map((text) => new RegExp(`^ARG ${argument}=(\\S+)$`, 'm').exec(text)?.[1]);
    const [name, ...others] = [...new Set(found)];
    if (name === undefined || others.length > 0)
      throw new Error(`${argument} is ${found.join(' and ')}: one image is meant`);
    return name;
  };
  return { BUILD_IMAGE: named('BUILD_IMAGE'), NODE_IMAGE: named('NODE_IMAGE'), BASE_IMAGE: named('BASE_IMAGE') };
}

/** Asks their registries once, so that all images of a release have the same bases. Takes skopeo. */
export async function upstreamBases(log: (line: string) => void, named: Bases = namedBases()): Promise<Bases> {
  const pinned = async (argument: keyof Bases): Promise<string> => {
    const name = await pinnedImage(named[argument]);
    log(`${argument} is ${name}.`);
    return name;
  };
  return {
    BUILD_IMAGE: await pinned('BUILD_IMAGE'),
    NODE_IMAGE: await pinned('NODE_IMAGE'),
    BASE_IMAGE: await pinned('BASE_IMAGE'),
  };
}

interface Index {
  readonly manifests?: readonly { readonly platform?: { readonly architecture?: string; readonly os?: string } }[];
}

/** `<repository>@sha256:…`, of the index of all architectures. A digest that is named already stays, if the registry has it. */
async function pinnedImage(name: string): Promise<string> {
  const [tagged = '', wanted] = name.split('@');
  const repository = tagged.replace(/:[\w.-]+$/, '');
  // skopeo takes no name with both.
  const text = await run('skopeo', ['inspect', '--raw', `docker://${wanted ? `${repository}@${wanted}` : name}`]);
  // What the registry sends is what the digest is of (distribution-spec, "Pulling manifests").
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  if (wanted !== undefined && wanted !== digest) throw new Error(`${name} is sent with the digest ${digest}`);
  const { manifests = [] } = JSON.parse(text) as Index;
  const isThere = (architecture: Architecture): boolean =>
    manifests.some(({ platform }) => platform?.os === 'linux' && platform.architecture === architecture);
  const missing = ARCHITECTURES.filter((architecture) => !isThere(architecture));
  if (missing.length > 0) throw new Error(`${name} has no image for ${missing.join(', ')}`);
  return `${repository}@${digest}`;
}
