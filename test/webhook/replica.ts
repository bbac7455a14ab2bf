/** A replica as the kubelet, Prometheus and an apiserver see it. */
import { createHash, X509Certificate } from 'node:crypto';
import { connect as connectTLS } from 'node:tls';
import { PATHS } from '@rolechain/shared';

/** Status, word and reason codes of /readyz. */
export async function readiness(healthURL: string): Promise<string> {
  const response = await fetch(healthURL + PATHS.readyz);
  const { status, reasons } = (await response.json()) as { status: string; reasons: { code: string }[] };
  return [response.status, status, ...reasons.map(({ code }) => code)].join(' ');
}

/** 0 where there is none. */
export async function metric(
  healthURL: string,
  kind: string,
  name = 'rolechain_webhook_configuration_trusts',
): Promise<number> {
  const text = await (await fetch(healthURL + PATHS.metrics)).text();
  return Number(new RegExp(`^${name}\\{kind="${kind}"\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** The last line of a log that has both. */
export function lineWith(log: string, message: string, kind: string): Record<string, unknown> | undefined {
  const lines = log.split('\n').filter((line) => line.includes(message) && line.includes(kind));
  return lines.length > 0 ? (JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>) : undefined;
}

/** Of a certificate, PEM in base64 as a Secret has it. */
export const digest = (base64: string): string =>
  createHash('sha256')
    .update(new X509Certificate(Buffer.from(base64, 'base64')).raw)
    .digest('hex');

/** The digest of the leaf that is served. */
export async function leafOf(port: number): Promise<string> {
  const socket = connectTLS({ host: '127.0.0.1', port, rejectUnauthorized: false });
  try {
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    const leaf = socket.getPeerX509Certificate();
    if (!leaf) throw new Error('no certificate');
    return createHash('sha256').update(leaf.raw).digest('hex');
  } finally {
    socket.destroy();
  }
}
