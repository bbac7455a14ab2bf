/** The answers to what rules.ts has, from the store: as the apiserver gives them, without validation and defaults. */
import type { ServerResponse } from 'node:http';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import type { Asked, Attributes } from './asked.ts';
import { formOf, inForm, listInForm, type Form } from './forms.ts';
import { KINDS, type Store } from './store.ts';

/** Why the double has no answer. A parameter that it doesn't know would change the answer. */
export class Unanswered extends Error {}

interface Question {
  readonly of: Attributes;
  readonly asked: Asked;
  readonly form: Form;
  readonly store: Store;
  readonly response: ServerResponse;
}

type Answer = (question: Question) => void;

interface Known {
  /** Parameters of the query that the answer obeys. */
  readonly parameters: readonly string[];
  readonly contentType?: string;
  readonly answer: Answer;
}

const VERBS: Readonly<Record<string, Known>> = {
  get: { parameters: [], answer: get },
  list: { parameters: ['limit', 'continue', 'fieldSelector'], answer: list },
  watch: {
    parameters: [
      ...['watch', 'resourceVersion', 'allowWatchBookmarks', 'timeoutSeconds', 'fieldSelector'],
      ...['sendInitialEvents', 'resourceVersionMatch'],
    ],
    answer: watch,
  },
  create: { parameters: ['fieldManager'], contentType: 'application/json', answer: create },
  update: { parameters: ['fieldManager'], contentType: 'application/json', answer: update },
  patch: { parameters: ['fieldManager'], contentType: 'application/json-patch+json', answer: patch },
};

/** Throws Unanswered for what it can't answer as the apiserver would. */
export function answerFrom(store: Store, asked: Asked, of: Attributes, response: ServerResponse): void {
  const known = VERBS[of.verb];
  if (!known) throw new Unanswered(`no answer to the verb ${of.verb}`);
  const stranger = [...asked.url.searchParams.keys()].find((name) => !known.parameters.includes(name));
  if (stranger !== undefined) throw new Unanswered(`the parameter ${stranger} is not known for ${of.verb}`);
  const [type] = asked.contentType.split(';');
  if (known.contentType !== undefined && type !== known.contentType) {
    throw new Unanswered(`a ${of.verb} is ${known.contentType} here, not ${asked.contentType}`);
  }
  if (asked.url.searchParams.has('fieldSelector') && of.name === undefined) {
    throw new Unanswered('the one fieldSelector that is known here is metadata.name=');
  }
  const form = formOf(asked.accept, of.verb);
  if (!form) throw new Unanswered(`there is no form for Accept: ${asked.accept}`);
  known.answer({ of, asked, form, store, response });
}

export function sendJSON(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** As the apiserver says what it refuses. */
export function sendStatus(response: ServerResponse, code: number, reason: string, message: string): void {
  sendJSON(response, code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  });
}

function get({ of, form, store, response }: Question): void {
  const found = store.get(of);
  if (found) sendJSON(response, 200, inForm(found, form));
  else notFound(of, response);
}

/** A continue token is the place where the next page begins: nothing is written between the pages of one list here. */
function list({ of, asked, form, store, response }: Question): void {
  const all = store.list(of);
  const from = Number(asked.url.searchParams.get('continue') ?? 0);
  const end = from + (Number(asked.url.searchParams.get('limit') ?? 0) || all.length);
  const metadata = {
    resourceVersion: String(store.version()),
    ...(end < all.length ? { continue: String(end), remainingItemCount: all.length - end } : {}),
  };
  sendJSON(response, 200, listInForm(all.slice(from, end), KINDS[of.resource] ?? '', metadata, form));
}

/** Bookmarks come from an apiserver only when its store has moved otherwise; here none come. */
function watch({ of, asked, form, store, response }: Question): void {
  // As Kubernetes 1.33 does: its gate WatchList is off.
  if (asked.url.searchParams.has('sendInitialEvents')) {
    sendStatus(
      response,
      422,
      'Invalid',
      'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    );
    return;
  }
  const version = asked.url.searchParams.get('resourceVersion') ?? '';
  if (!/^[1-9]\d*$/.test(version)) throw new Unanswered('a watch without a resourceVersion would begin with a list');
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  const end = store.hear(of, Number(version), ({ type, object }) => {
    response.write(`${JSON.stringify({ type, object: inForm(object, form) })}\n`);
  });
  // Without the parameter an apiserver ends a watch after 30 to 60 minutes.
  const seconds = Number(asked.url.searchParams.get('timeoutSeconds') ?? 1800);
  const timer = setTimeout(() => response.end(), seconds * 1000);
  response.once('close', () => {
    end();
    clearTimeout(timer);
  });
}

function create({ of, asked, store, form, response }: Question): void {
  const object = JSON.parse(asked.body) as KubeObject;
  const { name = '' } = object.metadata;
  if (store.get({ ...of, name })) sendStatus(response, 409, 'AlreadyExists', `${of.resource} "${name}" already exists`);
  else sendJSON(response, 201, inForm(store.put(whole(object, of)), form));
}

function update({ of, asked, store, form, response }: Question): void {
  const found = store.get(of);
  const object = JSON.parse(asked.body) as KubeObject;
  const { resourceVersion } = object.metadata;
  if (!found) notFound(of, response);
  else if (resourceVersion !== undefined && resourceVersion !== found.metadata.resourceVersion) {
    sendStatus(response, 409, 'Conflict', `${of.resource} "${of.name ?? ''}": the object has been modified`);
  } else sendJSON(response, 200, inForm(store.put(whole(object, of)), form));
}

function patch({ of, asked, store, form, response }: Question): void {
  const found = store.get(of);
  if (!found) {
    notFound(of, response);
    return;
  }
  const operations = JSON.parse(asked.body) as Operation[];
  let changed: KubeObject;
  try {
    changed = jsonPatch.applyPatch(found, operations, true, false).newDocument;
  } catch (error) {
    const { name, message } = error as Error;
    sendStatus(response, 422, 'Invalid', `the patch can't be applied: ${name} ${message.split('\n')[0] ?? ''}`);
    return;
  }
  sendJSON(response, 200, inForm(store.put(whole(changed, of)), form));
}

/** Kind and place, which a body may leave out. */
function whole(object: KubeObject, { resource, group, namespace }: Attributes): KubeObject {
  const apiVersion = group === '' ? 'v1' : `${group}/v1`;
  const metadata = namespace === undefined ? object.metadata : { ...object.metadata, namespace };
  return { ...object, apiVersion, kind: KINDS[resource] ?? '', metadata };
}

function notFound({ resource, name = '' }: Attributes, response: ServerResponse): void {
  sendStatus(response, 404, 'NotFound', `${resource} "${name}" not found`);
}
