import { ANNOTATIONS, ENV, LIMITS, PORTS } from '@rolechain/shared';
import { instance } from '@viz-js/viz';

/** In two lines: the name is long. */
const FULL_URI = ENV.fullURI.replace('_CREDENTIALS', String.raw`_\n    CREDENTIALS`);

/** Graphviz' language: what the admission of a pod puts in place (above), and the way of its credentials (below). */
const PATH = `digraph {
  graph [fontname="Helvetica", fontsize=14, nodesep=0.5, ranksep=0.7, bgcolor="white", pad=0.2]
  node [shape=box, style="rounded,filled", fillcolor="#f4f6f8", color="#5b6b7b", fontname="Helvetica", fontsize=14, margin="0.4,0.14"]
  edge [color="#5b6b7b", fontname="Helvetica", fontsize=13]

  { rank=same
    account [label="ServiceAccount\\n${ANNOTATIONS.assumeRole.key}: ARN"]
    webhook [label="rolechain webhook\\n(mutating admission)", fillcolor="#dcebfa"]
  }

  subgraph cluster_pod {
    label="  your pod"; labeljust=l; style="rounded,dashed"; color="#5b6b7b"
    { rank=same
      app [label="your containers\\nwith any AWS SDK"]
      sidecar [label="rolechain\\n(native sidecar)", fillcolor="#dcebfa"]
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

/** docs/credentials.svg: the drawing in the README. */
export async function credentialsDrawing(): Promise<string> {
  const svg = (await instance()).renderString(PATH, { format: 'svg' });
  // Graphviz' release and the title of its making change with no change of the drawing.
  return svg.replace(/<!--[\s\S]*?-->\n?/g, '');
}
