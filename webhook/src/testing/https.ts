/** Real TLS on loopback: certificates, and requests whose answers are plain data. */
import { request, type Agent, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { makeAuthority, makeLeaf } from '@rolechain/certs';
import { heard, isSecret } from '@rolechain/kit/record.ts';
import type { Certificate } from '../endpoint/server.ts';

/** The name that the certificates carry; connections go to 127.0.0.1. */
export const SERVER_NAME = 'rolechain-webhook.rolechain.svc';

export interface Authority {
  readonly ca: string;
  readonly issue: () => Promise<Certificate>;
}

/** A CA that issues certificates of SERVER_NAME. */
export async function testAuthority(dnsNames: readonly string[] = [SERVER_NAME]): Promise<Authority> {
  const now = new Date();
  const authority = await makeAuthority({ now, commonName: 'test CA' });
  isSecret('private key', authority.key);
  const issue = async (): Promise<Certificate> => {
    const leaf = await makeLeaf({ authority, dnsNames, now });
    isSecret('private key', leaf.key);
    return leaf;
  };
  return { ca: authority.certificate, issue };
}

export interface Call {
  readonly port: number;
  readonly ca: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Without it the request has no body. */
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  readonly options?: RequestOptions;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Serial number of the certificate that the server showed. */
  readonly serial: string;
  /** Whether an earlier request went over the same connection. */
  readonly reused: boolean;
}

/** One request; without an agent, on a connection of its own. Rejects when the connection breaks. */
export async function call({ port, ca, path, method = 'GET', headers, body, agent, options }: Call): Promise<Answer> {
  const answered = Promise.withResolvers<Answer>();
  const asked = request(
    { host: '127.0.0.1', servername: SERVER_NAME, port, ca, path, method, headers, agent: agent ?? false, ...options },
    (response) => {
      const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
      text(response).then((all) => {
        heard('answer to an admission review', all);
        answered.resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: all,
          serial: serialNumber,
          reused: asked.reusedSocket,
        });
      }, answered.reject);
    },
  );
  asked.on('error', answered.reject);
  asked.end(body);
  return answered.promise;
}
