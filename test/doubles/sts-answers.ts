/**
 * Double of STS's answers: the XML of the AWS query protocol, version 2011-06-15.
 */
import type { StsError } from './sts-errors.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** A tree of element names; `undefined` leaves the element out. */
export type Fields = { readonly [name: string]: string | undefined | Fields };

/** `<ActionResponse><ActionResult>…</ActionResult><ResponseMetadata>…</ResponseMetadata></ActionResponse>`. */
export function successXml(action: string, result: Fields, requestId: string): string {
  const body = element(`${action}Result`, result) + element('ResponseMetadata', { RequestId: requestId });
  return `<${action}Response xmlns="${NAMESPACE}">${body}</${action}Response>`;
}

/** `Type` is Sender for a 4xx and Receiver for a 5xx. */
export function errorXml({ status, code, message }: StsError, requestId: string): string {
  const error = element('Error', { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message });
  return `<ErrorResponse xmlns="${NAMESPACE}">${error}${element('RequestId', requestId)}</ErrorResponse>`;
}

function element(name: string, value: string | Fields): string {
  if (typeof value === 'string') return `<${name}>${escape(value)}</${name}>`;
  const children = Object.entries(value).map(([child, inner]) => (inner === undefined ? '' : element(child, inner)));
  return `<${name}>${children.join('')}</${name}>`;
}

function escape(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (c) => names[c] ?? c);
}
