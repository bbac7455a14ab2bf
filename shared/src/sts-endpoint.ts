/** The setting `stsEndpoint`: one URL, or a pattern of one for each Region. Pure. */
import { LIMITS } from './limits.ts';

const PLACEHOLDER = '{region}';

/** The URL at which STS is asked for a Region: `https://sts.{region}.vpce.example` has one for each. */
export function stsEndpointOf(pattern: string, region: string): string {
  return pattern.replaceAll(PLACEHOLDER, region);
}

/** Whether it is a URL for every Region. Another name in braces would be taken for a part of the host. */
export function isStsEndpoint(pattern: string): boolean {
  if (pattern.length > LIMITS.urlMax) return false;
  const url = stsEndpointOf(pattern, 'eu-central-1');
  return URL.canParse(url) && !/[{}]/.test(url);
}
