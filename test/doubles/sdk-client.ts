/**
 * The real STS client of the AWS SDK for JavaScript, pointed at the double: what the tests of the double call it with.
 */
import { STSClient, type Credentials, type STSClientConfig } from '@aws-sdk/client-sts';

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
