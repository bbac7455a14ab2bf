/**
 * Every port that rolechain listens on. In a pod the two of the sidecar move upwards when a
 * container of the pod declares them (contract, section 2).
 */
export const PORTS = {
  /** The webhook's TLS port: the Service's 443 leads here. */
  webhook: 9443,
  /** The webhook's plain port for metrics and the kubelet's probes. */
  webhookHealth: 9440,
  /** The sidecar's credentials endpoint, on 127.0.0.1 alone. */
  credentials: 28173,
  /** The sidecar's health, status and metrics, on the pod's IP. */
  health: 28174,
} as const;

/** Of the sidecar's two, to the owner of a container that wants one of them. The webhook can't see what isn't declared. */
export const PORTS_HINT =
  "A container that listens on one of these ports fails with EADDRINUSE. Declare it in that container's ports and recreate the pod: rolechain then takes another.";
