/** In which form an object is given: as it is, or its metadata alone, by the header Accept. */
import type { KubeObject } from '@rolechain/kit/manifests.ts';

export type Form = 'whole' | 'metadata';

const META = { apiVersion: 'meta.k8s.io/v1' };

/**
 * The first form of the header that there is, as the apiserver chooses (k8s.io/apiserver
 * pkg/endpoints/handlers/negotiation/negotiate.go); undefined: none, which it answers with 406.
 */
export function formOf(accept: string, verb: string): Form | undefined {
  const wanted = verb === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
  for (const clause of accept.split(',')) {
    const [type, ...parameters] = clause.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== 'application/*' && type !== '*/*') continue;
    const { as, g, v } = Object.fromEntries(parameters.map((parameter) => parameter.split('='))) as Record<
      string,
      string | undefined
    >;
    if (as === undefined) return 'whole';
    if (as === wanted && g === 'meta.k8s.io' && v === 'v1') return 'metadata';
  }
  return undefined;
}

export function inForm(object: KubeObject, form: Form): object {
  return form === 'whole' ? object : { kind: 'PartialObjectMetadata', ...META, metadata: object.metadata };
}

/** A page of a list. In a list of whole objects they have neither kind nor apiVersion. */
export function listInForm(objects: readonly KubeObject[], kind: string, metadata: object, form: Form): object {
  if (form === 'metadata') {
    return { kind: 'PartialObjectMetadataList', ...META, metadata, items: objects.map((one) => inForm(one, form)) };
  }
  const items = objects.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest);
  return { kind: `${kind}List`, apiVersion: objects[0]?.apiVersion ?? 'v1', metadata, items };
}
