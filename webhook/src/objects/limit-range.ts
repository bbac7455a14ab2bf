/** What of a LimitRange concerns the sidecar. Pure. */
import { LIMITS } from '@rolechain/shared';
import { RESOURCE_NAMES, type ResourceName } from './resource-names.ts';
import { parseQuantity } from './quantity.ts';
import { listOf, fieldsOf } from './pod.ts';

const KINDS = ['min', 'max', 'maxLimitRequestRatio'] as const;

/** One limit of a LimitRange for one resource. */
export interface LimitRule {
  /** The LimitRange's name. */
  readonly range: string;
  /** Of each container, or of all of a pod together. */
  readonly type: 'Container' | 'Pod';
  readonly kind: (typeof KINDS)[number];
  readonly resource: ResourceName;
  /** A quantity, as it stands there. */
  readonly value: string;
}

/** What concerns a sidecar of a LimitRange as the API gives it; other types, resources and what is no quantity are left out. */
export function limitRulesOf(range: string, spec: unknown): LimitRule[] {
  const items = listOf(fieldsOf(spec).limits).slice(0, LIMITS.limitRangeItems).map(fieldsOf);
  return items.flatMap((item) => {
    const { type } = item;
    if (type !== 'Container' && type !== 'Pod') return [];
    return KINDS.flatMap((kind) =>
      RESOURCE_NAMES.flatMap((resource): LimitRule[] => {
        const value = fieldsOf(item[kind])[resource];
        const text = typeof value === 'number' ? String(value) : value;
        if (typeof text !== 'string' || parseQuantity(text) === undefined) return [];
        return [{ range, type, kind, resource, value: text }];
      }),
    );
  });
}
