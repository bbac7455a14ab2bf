/** What the webhook does with each of its rights: seen to work with it, and seen to fail without it. */
import { ANNOTATIONS, PATHS } from '@rolechain/shared';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { ROLE, account, namespace } from '../guard/installed.ts';
import { LIMIT_RANGE } from '../hard-pods/accounts.ts';
import {
  ADMISSION,
  either,
  isDenied,
  make,
  ofKind,
  readiness,
  ready,
  review,
  reviewPod,
  untilReady,
  type Place,
  type Use,
  type World,
} from './rights-world.ts';

const SECRETS = `/api/v1/namespaces/${NAMESPACE}/secrets`;
const SECRET = `${SECRETS}/rolechain-webhook-tls`;

const makeAccount = (world: Place, inNamespace: string, name: string, role?: string): Promise<void> =>
  make(world, `/api/v1/namespaces/${inNamespace}/serviceaccounts`, account(inNamespace, name, role));
/** A Namespace of this name, with the account `orders`, which asks. */
const makeNamespace = async (world: Place, name: string): Promise<void> => {
  await make(world, '/api/v1/namespaces', namespace(name));
  await makeAccount(world, name, 'orders', ROLE);
};

const makeLimitRange = (world: Place, name: string): Promise<void> =>
  make(world, `/api/v1/namespaces/${name}/limitranges`, { metadata: { name: 'small' }, spec: LIMIT_RANGE.spec });
const heedsLimits = (world: World, name: string): Promise<boolean> =>
  either(
    world,
    async () => (await reviewPod(world, name, 'orders')).includes('LimitRangeTooTight'),
    () => isDenied(world) && world.webhook.log().includes('LimitRanges are not known'),
  );

/** Asks for pods that are refused, until an event says so as often. */
async function hasEvent(world: World, times: 1 | 2): Promise<boolean> {
  await untilReady(world);
  const name = `${world.name}-events${times === 2 ? '-again' : ''}`;
  const object = { spec: { serviceAccountName: 'orders', hostNetwork: true, containers: [{ name: 'app' }] } };
  const ask = (): Promise<string> =>
    review(world, PATHS.mutate, { ...ofKind('Pod'), namespace: name, object, dryRun: false });
  const counts = async (): Promise<number[]> => {
    const { body } = await world.api.get(`/apis/events.k8s.io/v1/namespaces/${name}/events`);
    const { items } = JSON.parse(body) as { items: { series?: { count: number } }[] };
    return items.map(({ series }) => series?.count ?? 1);
  };
  await Promise.all(Array.from({ length: times }, ask));
  return either(
    world,
    async () => Math.max(0, ...(await counts())) >= times,
    () => isDenied(world) && world.webhook.log().includes('event not written'),
  );
}

const bundleOf = async ({ api }: Place, kind: string): Promise<string> => {
  const { webhooks } = JSON.parse((await api.get(`${ADMISSION}/${kind}/rolechain`)).body) as {
    webhooks: { clientConfig: { caBundle?: string } }[];
  };
  return webhooks.map(({ clientConfig: { caBundle = '' } }) => caBundle).includes('') ? '' : 'published';
};
const emptyBundle = async ({ api }: Place, kind: string): Promise<void> => {
  const path = `${ADMISSION}/${kind}/rolechain`;
  const { webhooks } = JSON.parse((await api.get(path)).body) as { webhooks: { clientConfig: object }[] };
  const emptied = webhooks.map((webhook) => ({
    ...webhook,
    clientConfig: { ...webhook.clientConfig, caBundle: null },
  }));
  const { status, body } = await api.patch(path, { webhooks: emptied });
  if (status !== 200) throw new Error(body);
};

const published = (kind: string): Use => ({
  text: 'its CA bundle is published',
  before: (world) => emptyBundle(world, kind),
  works: (world) =>
    either(
      world,
      async () => (await readiness(world)).startsWith('200') && (await bundleOf(world, kind)) === 'published',
      async () => isDenied(world) && (await readiness(world)).includes('WebhookConfigurationForbidden'),
    ),
});
const putBack = (kind: string): Use => ({
  text: 'a CA bundle that somebody empties is put back at once',
  works: async (world) => {
    await untilReady(world);
    await emptyBundle(world, kind);
    return either(
      world,
      async () => (await bundleOf(world, kind)) === 'published',
      () => isNotWatched(world, kind),
    );
  },
});
/** It says so itself: what it watches is read again after 10 minutes else. */
const isNotWatched = ({ webhook }: World, resource: string): boolean =>
  webhook
    .log()
    .split('\n')
    .some((line) => ['certificates: not watched', `"${resource}"`, 'HTTP 403'].every((part) => line.includes(part)));

const madeAgain: Use = {
  text: 'a Secret that somebody deletes is made again at once',
  works: async (world) => {
    await untilReady(world);
    await world.api.remove(SECRET);
    return either(
      world,
      async () => (await world.api.get(SECRET)).status === 200,
      () => isNotWatched(world, 'secrets'),
    );
  },
};

const mutating = {
  published: published('mutatingwebhookconfigurations'),
  putBack: putBack('mutatingwebhookconfigurations'),
};
const validating = {
  published: published('validatingwebhookconfigurations'),
  putBack: putBack('validatingwebhookconfigurations'),
};
const synced = ready('CacheNotSynced');
const certified = ready('CertificatesUnavailable');

/** By the right, as `rightsOf` writes it. */
export const USES: Readonly<Record<string, Use>> = {
  'get serviceaccounts': {
    text: 'a pod is let pass whose account its watch has not shown',
    works: async (world) => {
      await untilReady(world);
      const answer = (): Promise<string> => reviewPod(world, 'default', 'nobody');
      return either(
        world,
        async () => (await answer()).includes('"allowed":true'),
        async () => (await answer()).includes('HTTP 403'),
      );
    },
  },
  'list serviceaccounts': synced,
  'watch serviceaccounts': {
    text: 'a role is seen that an account asks for later',
    before: (world) => makeAccount(world, 'default', world.name),
    works: async (world) => {
      await untilReady(world);
      const metadata = { annotations: { [ANNOTATIONS.assumeRole.key]: ROLE } };
      await world.api.patch(`/api/v1/namespaces/default/serviceaccounts/${world.name}`, { metadata });
      return either(
        world,
        async () => (await reviewPod(world, 'default', world.name)).includes('"outcome":"injected"'),
        async () => isDenied(world) && (await reviewPod(world, 'default', world.name)).includes('NotAnnotated'),
      );
    },
  },
  'get namespaces': {
    text: 'the Namespace is asked for that its watch has not shown',
    works: async (world) => {
      await untilReady(world);
      const object = account('nowhere', 'orders', ROLE);
      const asked = { ...ofKind('ServiceAccount'), namespace: 'nowhere', object };
      return either(
        world,
        async () => (await review(world, PATHS.validate, asked)).includes('HTTP 404'),
        async () => (await review(world, PATHS.validate, asked)).includes('HTTP 403'),
      );
    },
  },
  'list namespaces': synced,
  'watch namespaces': {
    text: 'what the owner of a Namespace allows later holds',
    before: (world) => makeNamespace(world, `${world.name}-allowed`),
    works: async (world) => {
      await untilReady(world);
      const name = `${world.name}-allowed`;
      const metadata = { annotations: { [ANNOTATIONS.allowedRoles.key]: 'arn:aws:iam::1*:role/*' } };
      await world.api.patch(`/api/v1/namespaces/${name}`, { metadata });
      return either(
        world,
        async () => (await reviewPod(world, name, 'orders')).includes('RoleNotAllowed'),
        async () => isDenied(world) && (await reviewPod(world, name, 'orders')).includes('"outcome":"injected"'),
      );
    },
  },
  'get nodes': ready('RegionUnknown'),
  'get mutatingwebhookconfigurations': mutating.published,
  'patch mutatingwebhookconfigurations': mutating.published,
  'list mutatingwebhookconfigurations': mutating.putBack,
  'watch mutatingwebhookconfigurations': mutating.putBack,
  'get validatingwebhookconfigurations': validating.published,
  'patch validatingwebhookconfigurations': validating.published,
  'list validatingwebhookconfigurations': validating.putBack,
  'watch validatingwebhookconfigurations': validating.putBack,
  'get validatingadmissionpolicybindings': {
    text: 'under mode: audit it tells that the guard denies',
    works: (world) =>
      either(
        world,
        async () => (await readiness(world)).includes('GuardDenies'),
        async () => isDenied(world) && (await readiness(world)).includes('GuardUnknown'),
      ),
  },
  'create events': {
    text: 'a refusal stands in an event',
    before: (world) => makeNamespace(world, `${world.name}-events`),
    works: (world) => hasEvent(world, 1),
  },
  'patch events': {
    text: 'an event counts what comes again',
    before: (world) => makeNamespace(world, `${world.name}-events-again`),
    works: (world) => hasEvent(world, 2),
  },
  'list limitranges': {
    text: 'a LimitRange is heeded that was there before it',
    before: async (world) => {
      await makeNamespace(world, `${world.name}-before`);
      await makeLimitRange(world, `${world.name}-before`);
    },
    works: async (world) => {
      await untilReady(world);
      return heedsLimits(world, `${world.name}-before`);
    },
  },
  'watch limitranges': {
    text: 'a LimitRange is heeded that came later',
    before: (world) => makeNamespace(world, `${world.name}-later`),
    works: async (world) => {
      await untilReady(world);
      await makeLimitRange(world, `${world.name}-later`);
      return heedsLimits(world, `${world.name}-later`);
    },
  },
  'create secrets': { ...certified, before: (world) => world.api.remove(SECRET) },
  'get secrets': certified,
  'update secrets': {
    text: 'a Secret with a broken certificate is put right',
    works: async (world) => {
      await untilReady(world);
      const broken = Buffer.from('none').toString('base64');
      await world.api.patch(SECRET, { data: { 'tls.crt': broken } });
      return either(
        world,
        async () => !(await world.api.get(SECRET)).body.includes(`"${broken}"`),
        () => isDenied(world) && world.webhook.log().includes('CertificateSecretForbidden'),
      );
    },
  },
  'list secrets': madeAgain,
  'watch secrets': madeAgain,
};
