import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends bytes as they are and reads until the server closes: what an HTTP client would smooth over stays visible. */
export async function sendRaw(port: number, bytes: string, host = '127.0.0.1'): Promise<RawAnswer> {
  const socket = connect(port, host);
  socket.setTimeout(60_000, () => socket.destroy(new Error('no answer within 60 s')));
  // Not `end`: to Node's server a client that has closed its side is one that has gone.
  socket.write(bytes, 'latin1');
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += String(chunk);
  return parse(text);
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line) => {
    const [, name = '', value = ''] = /^([^:]*):(.*)$/.exec(line) ?? [];
    return [name.toLowerCase(), value.trim()] as const;
  });
  return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers), body: text.slice(end + 4) };
}

/** A request as an SDK sends it, with `connection: close`. */
export function rawRequest(path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): string {
  const all = { connection: 'close', ...(body === '' ? {} : { 'content-length': String(body.length) }), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
