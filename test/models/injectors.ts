/** The modelled webhooks, each as the apiserver meets it: a pod in, a JSON Patch out. */
import jsonPatch, { type Operation } from 'fast-json-patch';
import { eksMutate, eksPatch, type EksOptions } from '@rolechain/kit/models/eks-webhook.ts';
import { istioMutate, type IstioOptions } from './istio.ts';
import { linkerdMutate, type LinkerdOptions } from './linkerd.ts';
import type { DraftPod } from '@rolechain/kit/pod.ts';
import { vaultMutate } from './vault.ts';

export interface Injector {
  /** As in the names of webhook configurations. */
  readonly name: string;
  readonly mutate: (pod: DraftPod) => DraftPod;
  readonly patch: (pod: DraftPod) => Operation[];
}

const eks = (name: string, options: EksOptions): Injector => ({
  name,
  mutate: (pod) => eksMutate(pod, options),
  patch: (pod) => eksPatch(pod, options),
});

/** One that answers with the difference of the two documents. */
function differing(name: string, mutate: (pod: DraftPod) => DraftPod): Injector {
  return { name, mutate, patch: (pod) => jsonPatch.compare(pod, mutate(pod)) };
}
const istio = (name: string, options: IstioOptions): Injector => differing(name, (pod) => istioMutate(pod, options));
const linkerd = (name: string, options: LinkerdOptions): Injector =>
  differing(name, (pod) => linkerdMutate(pod, options));

/** `region`: what the EKS webhook's --aws-default-region says. */
export function injectors(region: string) {
  return {
    irsa: eks('eks-irsa', { mode: 'irsa', region, regionalSTS: true }),
    irsaBare: eks('eks-irsa-bare', { mode: 'irsa', region: '', regionalSTS: false }),
    podIdentity: eks('eks-pod-identity', { mode: 'pod-identity', region, regionalSTS: true }),
    istioNative: istio('istio-native', { native: true, cni: false }),
    istioNativeCNI: istio('istio-native-cni', { native: true, cni: true }),
    istioClassic: istio('istio-classic', { native: false, cni: false }),
    istioClassicCNI: istio('istio-classic-cni', { native: false, cni: true }),
    linkerdNative: linkerd('linkerd-native', { native: true, cni: false }),
    linkerdNativeCNI: linkerd('linkerd-native-cni', { native: true, cni: true }),
    linkerdClassic: linkerd('linkerd-classic', { native: false, cni: false }),
    linkerdClassicCNI: linkerd('linkerd-classic-cni', { native: false, cni: true }),
    vault: differing('vault', vaultMutate),
  } as const;
}
