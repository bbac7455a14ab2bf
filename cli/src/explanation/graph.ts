/** The chains of an explanation as text: one step a line, from the base identity to the target. Pure. */
import type { ExplainedHop, ExplainedRole, Explanation } from '../report-schemas/explain.ts';

/** One chain: its title, and each step with what the call that leads to it carries. */
export interface Drawing {
  readonly title: string;
  readonly steps: readonly { readonly name: string; readonly call: string }[];
}

export function drawingsOf(explanations: readonly Explanation[]): Drawing[] {
  return explanations.flatMap(({ subject, roles }) =>
    roles.map((role) => {
      const place = subject.namespace === '' ? subject.name : `${subject.namespace}/${subject.name}`;
      const holders = role.containers.length > 0 ? ` (${role.containers.join(', ')})` : '';
      return { title: `${subject.kind} ${place}: ${role.name}${holders}`, steps: stepsOf(role) };
    }),
  );
}

function stepsOf({ base, hops, webIdentity }: ExplainedRole): Drawing['steps'] {
  const isDirect = webIdentity === 'only';
  return [
    { name: base.text, call: '' },
    ...hops.map((hop) => ({
      name: hop.roleARN,
      call: [isDirect ? 'AssumeRoleWithWebIdentity' : 'AssumeRole', ...carried(hop)].join(', '),
    })),
  ];
}

function carried({ externalID, tags, sourceIdentity, sessionPolicy }: ExplainedHop): string[] {
  return [
    ...(externalID === undefined ? [] : ['ExternalId']),
    ...(tags === undefined ? [] : [`${tags.length} tag${tags.length === 1 ? '' : 's'}`]),
    ...(sourceIdentity === undefined ? [] : ['source identity']),
    ...(sessionPolicy === undefined ? [] : ['session policy']),
  ];
}

export function graphText(drawings: readonly Drawing[]): string {
  return drawings
    .map(({ title, steps }) =>
      [
        title,
        ...steps.flatMap(({ name, call }) => (call === '' ? [`  ${name}`] : [`    │ ${call}`, '    ▼', `  ${name}`])),
      ].join('\n'),
    )
    .join('\n\n');
}
