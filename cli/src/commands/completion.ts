import { CodedError } from '@rolechain/shared';
import type { Run } from '../terminal/command.ts';

export const run: Run = () => Promise.reject(new CodedError('UsageInvalid', 'completion is not there yet.'));
