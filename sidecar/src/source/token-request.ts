/**
 * The token of another ServiceAccount, by TokenRequest (Kubernetes API reference, authentication.k8s.io/v1):
 * one REST call with the pod's own API token. The token is unbound: the apiserver refuses to bind one to a
 * pod of another account.
 */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { CodedError, type TokenConfig } from '@rolechain/shared';
import type { Apiserver } from '../model/process-env.ts';
import { oneLine, sentence } from '../model/text.ts';
import { answerOf, type WholeAnswer } from './read-response.ts';
import { readTokenFile } from './token-file.ts';
import { errorCode } from '../model/coded.ts';

const TOTAL_MS = 5_000;
/** An answer has about 2 KiB. */
const MAX_BYTES = 256 * 1024;
const MAX_TEXT = 300;
/** It is asked for again at each use. 600 is the least that the API gives, 3600 what it is asked for by default. */
const EXPIRATION_SECONDS = 3600;

export type TokenRequestConfig = Extract<TokenConfig, { readonly type: 'token-request' }>;

export interface TokenRequestOptions {
  /** Undefined outside a pod. */
  readonly apiserver: Apiserver | undefined;
  /** Holds `token` and `ca.crt` of the pod's own account. */
  readonly folder: string;
  /** The pod's own account, for the Role that the error shows. */
  readonly self: { readonly namespace: string; readonly serviceAccount: string };
}

/** Rejects with the TokenRequest… or BaseToken… codes. */
export async function requestToken(config: TokenRequestConfig, options: TokenRequestOptions): Promise<string> {
  const { apiserver, folder, self } = options;
  if (apiserver === undefined) throw unavailable('KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is not set.');
  const [token, ca] = await Promise.all([readTokenFile(join(folder, 'token')), readAuthority(join(folder, 'ca.crt'))]);
  const { status, body } = await post(config, { apiserver, token, ca });
  const account = `ServiceAccount ${config.namespace}/${config.name}`;
  if (status === 200 || status === 201) return tokenOf(body, account);
  const text = sentence(oneLine(messageOf(body), MAX_TEXT));
  if (status === 403) {
    throw new CodedError('TokenRequestForbidden', `${text} Apply: ${JSON.stringify(neededRole(config, self))}`.trim());
  }
  if (status === 401) throw refused(`It refused this pod's own token (401). ${text}`);
  // What stands in front of an apiserver answers 404 too, while that is away.
  if (status === 404 && isNotFound(body)) {
    throw new CodedError('TokenRequestAccountMissing', `${account} is not there (404). ${text}`.trim());
  }
  const told = `${account}: it answered ${status}. ${text}`;
  throw FINAL.has(status) ? refused(told) : unavailable(told);
}

/** Of a request that is in order: the apiserver understood it and won't have it (Kubernetes API conventions, HTTP status codes). */
const FINAL: ReadonlySet<number> = new Set([400, 405, 406, 415, 422]);

/** Least privilege: one verb, one name. As JSON, which is YAML too, it stands on one line of a log or an event. Pure. */
export function neededRole(
  { namespace, name }: Pick<TokenRequestConfig, 'namespace' | 'name'>,
  self: TokenRequestOptions['self'],
): object {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: `rolechain-token-${name}`, namespace };
  const rule = { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: [name], verbs: ['create'] };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name };
  const subject = { kind: 'ServiceAccount', name: self.serviceAccount, namespace: self.namespace };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion, kind: 'Role', metadata, rules: [rule] },
      { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects: [subject] },
    ],
  };
}

function refused(detail: string): CodedError {
  return new CodedError('TokenRequestRefused', detail.trim());
}

function unavailable(detail: string): CodedError {
  return new CodedError('TokenRequestUnavailable', detail.trim());
}

/** Read at every use: a cluster's CA is rotated too. */
async function readAuthority(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CodedError('BaseTokenUnreadable', `${path}: ${errorCode(error)}.`);
  }
}

interface Access {
  readonly apiserver: Apiserver;
  readonly token: string;
  readonly ca: string;
}

/** Rejects with TokenRequestUnavailable. */
async function post({ namespace, name, audience }: TokenRequestConfig, access: Access): Promise<WholeAnswer> {
  const { apiserver, token, ca } = access;
  const spec = { audiences: [audience], expirationSeconds: EXPIRATION_SECONDS };
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
  const path = [namespace, name].map(encodeURIComponent);
  // No shared agent: it could have a proxy, and a kept connection.
  const call = request({
    agent: false,
    host: apiserver.host,
    port: apiserver.port,
    path: `/api/v1/namespaces/${path[0] ?? ''}/serviceaccounts/${path[1] ?? ''}/token`,
    method: 'POST',
    ca,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  });
  call.end(body);
  const answer = await answerOf(call, { maxBytes: MAX_BYTES, totalMs: TOTAL_MS });
  if ('failure' in answer) throw unavailable(`${apiserver.host} port ${apiserver.port}: ${answer.failure}.`);
  return answer;
}

function tokenOf(body: string, account: string): string {
  const token = (parse(body)?.status as { token?: unknown } | undefined)?.token;
  if (typeof token === 'string' && token !== '') return token;
  throw unavailable(`${account}: its answer holds no token.`);
}

/** Whether a 404 is the apiserver's own, of an object. */
function isNotFound(body: string): boolean {
  const { kind, reason } = parse(body) ?? {};
  return kind === 'Status' && reason === 'NotFound';
}

/** Of the `Status` that the apiserver answers errors with. */
function messageOf(body: string): string {
  const message = parse(body)?.message;
  return typeof message === 'string' ? message : '';
}

function parse(body: string): Record<string, unknown> | null | undefined {
  try {
    return JSON.parse(body) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
}
