/** What to do where STS is not reached, by why not: codes of Node and of its TLS (node:errors, node:dns, OpenSSL's X509_V_ERR_…). Pure. */

const UNRESOLVED: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const STOPPED: ReadonlySet<string> = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EPERM', 'EACCES']);
const HTTPS = 443;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_/;

/** Undefined where the code's own fix says as much. `code` is absent where no answer came in time. */
export function unreachableFix(code: string | undefined, host = 'the STS endpoint', port = HTTPS): string | undefined {
  if (code === undefined || STOPPED.has(code)) {
    return `Allow egress from the pod to ${host}, port ${port}: its NetworkPolicies, security groups, and the NAT or VPC endpoint for STS.`;
  }
  if (UNRESOLVED.has(code)) {
    return `Allow egress from the pod to the cluster's DNS, and check that the name exists: nslookup ${host}.`;
  }
  if (CERTIFICATE.test(code)) {
    return `Find the proxy that answers for ${host}, and give the sidecar its CA: the setting sidecarEnvironment, NODE_EXTRA_CA_CERTS.`;
  }
  return undefined;
}
