import { CodedError, type ErrorCode } from '@rolechain/shared';
import { findRow } from './error-table.ts';
import { oneLine, sentence } from '../model/text.ts';
import { unreachableFix } from './unreachable.ts';

/** STS explains a refusal at the end of its sentence, behind two ARNs. */
const MAX_TEXT = 600;

/** Which call failed: for the message. */
export interface StsCall {
  readonly action: 'AssumeRole' | 'AssumeRoleWithWebIdentity';
  readonly roleARN: string;
  readonly region: string;
  /** Whom it asked, where that is known. */
  readonly host?: string | undefined;
  /** Of an endpoint that has one of its own; else that of HTTPS. */
  readonly port?: number | undefined;
  /** The place in a chain of several hops, counted from 1. */
  readonly step?: {
    readonly index: number;
    readonly count: number;
    /** The role of the hop before it. */
    readonly callerRoleARN?: string | undefined;
  };
  /** Parameters that no message may repeat: of AssumeRole, the external ID if there is one. */
  readonly secrets: readonly string[];
}

/** What the SDK throws, as far as it is read here. */
interface SdkError {
  readonly name?: unknown;
  readonly message?: unknown;
  /** Of the service: the code on the wire. */
  readonly Code?: unknown;
  /** Of Node: ECONNREFUSED and the like. */
  readonly code?: unknown;
  /** Of Node, with `code`: the name that was not found, or the address that refused. */
  readonly hostname?: unknown;
  readonly address?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The coded error of what an STS call threw. Anything may come in. */
export function stsError(thrown: unknown, call: StsCall): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const error = (thrown ?? {}) as SdkError;
  const where = `${call.action} ${call.roleARN} (${call.region})${stepText(call)}`;
  const status = error.$metadata?.httpStatusCode;
  const coded = (code: ErrorCode, detail: string, fix?: string): CodedError =>
    new CodedError(code, `${where}: ${detail}`, fix === undefined ? {} : { fix });

  // A connection can also break in the middle of an answer, so this comes before the status.
  const { host, port } = call;
  const ofHost = host === undefined ? '' : `${host}: `;
  if (typeof error.code === 'string')
    return coded(
      'StsUnreachable',
      ofHost + sentence(whereTo(error.code, error, host)),
      unreachableFix(error.code, host, port),
    );
  // A timeout of the SDK comes with metadata of no answer.
  if (status === undefined && timedOut(error))
    return coded('StsUnreachable', `${ofHost}no answer in time.`, unreachableFix(undefined, host, port));
  if (status === undefined) return coded('StsUnreachable', `${ofHost}no connection.`);

  const wireCode = typeof error.Code === 'string' ? error.Code : undefined;
  const said = message(error, call);
  const row = wireCode === undefined ? undefined : findRow(wireCode, said);
  const told = wireCode === undefined ? `HTTP status ${status}.` : sentence(`${wireCode}: ${said}`);
  const facts = { ...call, externalIDSent: call.secrets.length > 0, callerRoleARN: call.step?.callerRoleARN, said };
  const hint = row?.hint?.(row.match, facts) ?? '';
  const text = `${told} ${hint}`.trim();
  if (row !== undefined) return coded(row.code, text, row.fix?.(row.match, facts));
  if (status >= 500) return coded('StsUnavailable', text);
  if (status === 429) return coded('StsThrottled', text);
  // Without a code it is no answer of STS: a proxy, a captive portal, or a body that doesn't parse.
  if (wireCode === undefined) return coded('StsInvalidResponse', text);
  return coded(status === 403 ? 'StsAccessDenied' : 'StsRejected', text);
}

function stepText({ step }: StsCall): string {
  return step === undefined || step.count === 1 ? '' : `, hop ${step.index} of ${step.count}`;
}

/** Beside the host that was asked, the name that was not found only where it is another, as of a proxy; an address in parentheses. */
function whereTo(code: string, { hostname, address }: SdkError, host: string | undefined): string {
  const place = hostname ?? address;
  if (typeof place !== 'string' || place === host) return code;
  return hostname === undefined && host !== undefined ? `${code} (${place})` : `${code} ${place}`;
}

function timedOut(error: SdkError): boolean {
  return error.name === 'TimeoutError' || error.name === 'AbortError';
}

/** As STS repeats a parameter that it refuses: "Value 'x' at 'externalId' failed to satisfy constraint". */
const REPEATED = /Value '[^']*' at '(externalId|webIdentityToken)'/g;

/** Shorter ones could be a part of any word: to blot them out there would show them. */
const BLOT_MIN = 6;

function message(error: SdkError, { secrets }: StsCall): string {
  let text = typeof error.message === 'string' ? error.message.replace(REPEATED, "Value at '$1'") : '';
  for (const secret of secrets) {
    text = text.replaceAll(`'${secret}'`, "'…'");
    if (secret.length >= BLOT_MIN) text = text.replaceAll(secret, '…');
  }
  return oneLine(text, MAX_TEXT);
}
