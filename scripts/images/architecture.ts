/** The architectures that images are built for. */
import { arch } from 'node:os';

/** As images name it. */
export type Architecture = 'amd64' | 'arm64';
export const ARCHITECTURES: readonly Architecture[] = ['amd64', 'arm64'];
/** This machine's. */
export const HOST: Architecture = arch() === 'arm64' ? 'arm64' : 'amd64';
