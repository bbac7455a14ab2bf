/**
 * The real STS client of the AWS SDK for JavaScript, pointed at the double: what the tests of the double call it with.
 */
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  STSClient,
  type AssumeRoleCommandInput,
  type AssumeRoleCommandOutput,
  type Credentials,
  type GetCallerIdentityCommandOutput,
  type STSClientConfig,
} from '@aws-sdk/client-sts';

export const BASE = 'arn:aws:iam::111111111111:role/base';
export const ORDERS = 'arn:aws:iam::222222222222:role/orders';

export type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

export type SdkClients = {
  /** One attempt unless `config` says otherwise. */
  make: (keys: Keys, config?: STSClientConfig) => STSClient;
  /** Ends the sockets of all clients made. */
  destroy: () => void;
};

export function createSdkClients(endpoint: () => string, region: string): SdkClients {
  const made: STSClient[] = [];
  return {
    make: (credentials, config = {}) => {
      const client = new STSClient({ endpoint: endpoint(), region, credentials, maxAttempts: 1, ...config });
      made.push(client);
      return client;
    },
    destroy: () => {
      made.splice(0).forEach((client) => client.destroy());
    },
  };
}

/** Credentials of an answer, as a client takes them. */
export function keysOf({ Credentials }: { Credentials?: Credentials | undefined }): Keys {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

/** Asks for ORDERS as the sidecar would, but for what `change` says. */
export function assume(by: STSClient, change: Partial<AssumeRoleCommandInput> = {}): Promise<AssumeRoleCommandOutput> {
  const input = { RoleArn: ORDERS, RoleSessionName: 'shop.pod-1', ExternalId: 'shop-1', ...change };
  return by.send(new AssumeRoleCommand(input));
}

export function whoAmI(by: STSClient): Promise<GetCallerIdentityCommandOutput> {
  return by.send(new GetCallerIdentityCommand({}));
}
