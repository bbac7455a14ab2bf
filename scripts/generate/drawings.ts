/**
 * The drawings of the README and of docs/concepts.md, in Graphviz' language: what they say of ports, names and limits is read from the
 * tables. The page around one may be dark: each has a background and dark colours of its own.
 */
import { ANNOTATIONS, ENV, LIMITS, PORTS } from '@rolechain/shared';
import { instance } from '@viz-js/viz';

/** Each colour of a drawing, by light and by dark. */
const COLOURS = {
  page: ['#ffffff', '#0d1117'],
  box: ['#f4f6f8', '#1b222c'],
  ours: ['#dcebfa', '#12385c'],
  line: ['#5b6b7b', '#a3b1bf'],
  text: ['#101418', '#e8edf2'],
} as const;
const light = (name: keyof typeof COLOURS): string => COLOURS[name][0];

const DEFAULTS = `
  graph [fontname="Helvetica", fontsize=14, nodesep=0.5, ranksep=0.7, bgcolor="${light('page')}", fontcolor="${light('text')}", pad=0.2]
  node [shape=box, style="rounded,filled", fillcolor="${light('box')}", color="${light('line')}", fontcolor="${light('text')}", fontname="Helvetica", fontsize=14, margin="0.4,0.14"]
  edge [color="${light('line')}", fontcolor="${light('text')}", fontname="Helvetica", fontsize=13]
`;
const OURS = `fillcolor="${light('ours')}"`;

/** In two lines: the name is long. */
const FULL_URI = ENV.fullURI.replace('_CREDENTIALS', String.raw`_\n    CREDENTIALS`);

/** Graphviz' language: what the admission of a pod puts in place (above), and the way of its credentials (below). */
const PATH = `digraph {
  ${DEFAULTS}

  { rank=same
    account [label="ServiceAccount\\n${ANNOTATIONS.assumeRole.key}: ARN"]
    webhook [label="rolechain webhook\\n(mutating admission)", ${OURS}]
  }

  subgraph cluster_pod {
    label="  your pod"; labeljust=l; style="rounded,dashed"; color="${light('line')}"
    { rank=same
      app [label="your containers\\nwith any AWS SDK"]
      sidecar [label="rolechain\\n(native sidecar)", ${OURS}]
    }
  }

  { rank=same
    aws [label="AWS APIs of the\\ntarget account"]
    base [label="Pod Identity agent, or\\nSTS by web identity (IRSA)"]
    target [label="STS AssumeRole:\\nup to ${LIMITS.via} hops, then the target role"]
  }

  account -> webhook [label="  read by  "]
  webhook -> app [label="    sets ${FULL_URI}  "]
  webhook -> sidecar [label="    adds"]
  app -> sidecar [label="  GET 127.0.0.1:${PORTS.credentials}  \\n  with a token file  ", dir=both]
  app -> aws [label="   calls, as the role"]
  sidecar -> base [label="    1. base identity"]
  sidecar -> target [label="      2. session of the target role"]
}`;

/** Who calls whom from `kubectl apply` to the pod. Without a frame around the apiserver, by which boxes of one rank would move apart. */
const ADMISSION = `digraph {
  ${DEFAULTS}
  ranksep=0.45; nodesep=0.9

  apply [label="kubectl, or a controller,\\ncreates a pod"]
  others [label="apiserver:\\nother webhooks (EKS, Istio, …)"]
  call [label="apiserver:\\nrolechain's webhook configuration"]
  guard [label="apiserver: rolechain's guard,\\nwhich reads the same annotation", ${OURS}]
  webhook [label="rolechain webhook:\\ndecides, patches", ${OURS}]
  account [label="ServiceAccount\\n${ANNOTATIONS.assumeRole.key}"]
  stored [label="stored: with the sidecar, or\\nas it was, if it asks for no role"]
  refused [label="refused, with\\ncause and fix"]
  kubelet [label="kubelet starts the sidecar,\\nthen the containers"]

  apply -> others [label="  1", weight=9]
  others -> call [label="  2", weight=9]
  call -> webhook [label="  3 review and patch,  \\n  at most 2 s  ", dir=both]
  account -> webhook [label="  watched"]
  call -> guard [label="  4 with or without an answer", weight=9]
  guard -> stored [label="  5", weight=9]
  guard -> refused [label="  asks for a role,\\n  was not injected"]
  webhook -> refused [label="  cannot be injected"]
  stored -> kubelet [label="  6", weight=9]
  { rank=same; others; account }
  { rank=same; call; webhook }
  { rank=same; stored; refused }
}`;

/** What a container gets, from whom, and how long it holds. */
const CHAIN = `digraph {
  ${DEFAULTS}
  ranksep=0.5; nodesep=0.7

  app [label="container of the pod\\nwith any AWS SDK"]
  sidecar [label="sidecar of the pod\\n127.0.0.1:${PORTS.credentials}", ${OURS}]
  base [label="base identity: Pod Identity agent,\\nor STS by web identity (IRSA)"]
  hop [label="hops (via):\\n0 to ${LIMITS.via} roles"]
  target [label="target role:\\na session of ${LIMITS.durationDefaultSeconds / 60} min,\\nthe next one after 40"]
  aws [label="AWS APIs of the\\ntarget account"]

  app -> sidecar [label="GET with a token file,  \\n  answered from memory  ", dir=both]
  sidecar -> base [label="  1 with the ServiceAccount's token,\\n  at each refresh", weight=9]
  base -> hop [label="  2 AssumeRole", weight=9]
  hop -> target [label="  3 AssumeRole", weight=9]
  app -> aws [label="  signed as the\\n  target role"]
  { rank=same; app; sidecar }
  { rank=same; aws; target }
}`;

const DRAWINGS = {
  'docs/credentials.svg': PATH,
  'docs/admission.svg': ADMISSION,
  'docs/chain.svg': CHAIN,
} as const;

/** File → SVG. */
export async function drawings(): Promise<Record<string, string>> {
  const graphviz = await instance();
  const entries = Object.entries(DRAWINGS).map(
    ([name, dot]) => [name, inBothColours(graphviz.renderString(dot, { format: 'svg' }))] as const,
  );
  return Object.fromEntries(entries);
}

/** A rule of a stylesheet goes before an attribute of the same name (SVG 2, "Presentation attributes"). */
function inBothColours(svg: string): string {
  const rules = Object.values(COLOURS).flatMap(([from, to]) =>
    ['fill', 'stroke'].map((attribute) => `[${attribute}="${from}"] { ${attribute}: ${to}; }`),
  );
  const style = `<style>\n@media (prefers-color-scheme: dark) {\n${rules.join('\n')}\n}\n</style>\n`;
  // Graphviz' release and the title of its making change with no change of the drawing.
  return svg.replace(/<!--[\s\S]*?-->\n?/g, '').replace(/(<svg[^>]*>\n)/, `$1${style}`);
}
