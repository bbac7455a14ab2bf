import { ENV, PORTS } from '@rolechain/shared';
import { instance } from '@viz-js/viz';

/** Graphviz' language: what the admission of a pod puts in place (above), and the way of its credentials (below). */
const PATH = `digraph {
  graph [rankdir=LR, fontname="Helvetica", fontsize=12, nodesep=0.35, ranksep=0.9, bgcolor="white", pad=0.2]
  node [shape=box, style="rounded,filled", fillcolor="#f4f6f8", color="#5b6b7b", fontname="Helvetica", fontsize=12, margin="0.15,0.1"]
  edge [color="#5b6b7b", fontname="Helvetica", fontsize=11]

  account [label="ServiceAccount\\nrolechain.io/assume-role: ARN"]
  webhook [label="rolechain webhook\\n(mutating admission)", fillcolor="#dcebfa"]

  subgraph cluster_pod {
    label="your pod"; labeljust=l; style="rounded,dashed"; color="#5b6b7b"
    app [label="your containers\\nany AWS SDK"]
    sidecar [label="rolechain\\n(native sidecar)", fillcolor="#dcebfa"]
  }

  base [label="Pod Identity agent, or\\nSTS by web identity (IRSA)"]
  hop [label="STS AssumeRole\\n(up to 5 hops)"]
  target [label="STS AssumeRole\\nthe target role"]
  aws [label="AWS APIs of the\\ntarget account"]

  account -> webhook [label="read"]
  webhook -> sidecar [label="adds"]
  webhook -> app [label="sets ${ENV.fullURI}"]
  app -> sidecar [label="GET 127.0.0.1:${PORTS.credentials}\\nwith a token file", dir=both]
  sidecar -> base [label="1 base identity"]
  sidecar -> hop [label="2 each hop"]
  sidecar -> target [label="3 session"]
  app -> aws [label="calls, as the role"]
}`;

/** docs/credentials.svg: the drawing in the README. */
export async function credentialsDrawing(): Promise<string> {
  const svg = (await instance()).renderString(PATH, { format: 'svg' });
  // Graphviz' release and the title of its making change with no change of the drawing.
  return svg.replace(/<!--[\s\S]*?-->\n?/g, '');
}
