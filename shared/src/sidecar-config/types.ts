/** What the schemas of the sidecar's configuration make of it; what each field means stands there. */
import type { Output } from '../schema.ts';
import type { SOURCE, TOKEN, config, hop, role } from './schema.ts';

export type SidecarConfig = Output<ReturnType<typeof config>>;
export type RoleConfig = Output<ReturnType<typeof role>>;
export type HopConfig = Output<ReturnType<typeof hop>>;
export type SourceConfig = Output<typeof SOURCE>;
export type TokenConfig = Output<typeof TOKEN>;
