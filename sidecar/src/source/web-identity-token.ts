import type { TokenConfig } from '@rolechain/shared';
import { readTokenFile } from './token-file.ts';
import { requestToken, type TokenRequestOptions } from './token-request.ts';

export interface TokenOptions extends TokenRequestOptions {
  /** The pod's own projected token. */
  readonly projected: string;
}

/** A function that gives a web identity token, new at every call. */
export function webIdentityToken(config: TokenConfig, options: TokenOptions): () => Promise<string> {
  return config.type === 'projected' ? () => readTokenFile(options.projected) : () => requestToken(config, options);
}
