import { GUARD_BINDINGS } from '@rolechain/shared';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { podOf, type ClusterStage } from './cluster-stage.ts';

const BINDINGS = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';

/** While nobody has the guard, as where it was never installed. The webhook is down. */
export async function withoutGuard<T>(
  { installed: { api }, tryApply }: ClusterStage,
  act: () => Promise<T>,
): Promise<T> {
  const before = await Promise.all(
    GUARD_BINDINGS.map(async (name) => {
      const { body } = await api.get(`${BINDINGS}/${name}`);
      return JSON.parse(body) as { readonly metadata: { readonly name: string; readonly labels: object } };
    }),
  );
  for (const { metadata } of before) await api.remove(`${BINDINGS}/${metadata.name}`);
  try {
    return await act();
  } finally {
    for (const { metadata, ...rest } of before) {
      const { name, labels } = metadata;
      await api.post(BINDINGS, { ...rest, metadata: { name, labels } });
    }
    await until('the guard refuses again', PATIENCE_MS, async () =>
      (await tryApply(podOf('refused'))).includes('[NotInjected]'),
    );
  }
}
