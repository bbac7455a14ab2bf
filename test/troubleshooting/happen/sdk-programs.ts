/** SDKs' programs of test/sdks, asked once each in the environment of a container, and what they print. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PATHS, tokenFile } from '@rolechain/shared';
import { heard } from '@rolechain/kit/record.ts';
import type { Sdk } from '../../sdks/programs.ts';
import type { PodOfWay } from './pod-world.ts';

/** The variables of a container that holds a role of this pod. */
export function variablesOf({ sidecar, files }: PodOfWay, role = 'default', tokenOf = role): Record<string, string> {
  return {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${sidecar.ports.credentials}${PATHS.credentials}/${role}`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(files.root, tokenFile(tokenOf)),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** The error that an SDK ends with; empty where it found keys. */
export function askedBy(sdk: Sdk, variables: Readonly<Record<string, string>>): Promise<string> {
  const [command = '', ...args] = sdk.command;
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', ...variables };
  return new Promise((resolve, reject) => {
    execFile(command, args, { env }, (error, stdout, stderr) => {
      heard('output of a program in a pod', stdout + stderr);
      const line = stdout.trim().split('\n').at(-1) ?? '';
      try {
        resolve((JSON.parse(line) as { error?: string }).error ?? '');
      } catch {
        reject(new Error(`${sdk.name} printed no result: ${stdout}${stderr}`, { cause: error }));
      }
    });
  });
}
