/** The resources that a sidecar may ask for. */

/** Those that make a pod's class (pkg/apis/core/v1/helper/qos), and that a pod may have of its own (`spec.resources`). */
export const POD_LEVEL_NAMES = ['cpu', 'memory'] as const;
export const RESOURCE_NAMES = [...POD_LEVEL_NAMES, 'ephemeral-storage'] as const;
export type ResourceName = (typeof RESOURCE_NAMES)[number];
