/** kubectl refuses. */
import type { Way } from '../way.ts';

const CREATE_AGAIN = 'rolechain explain -f FILE';

export const REFUSED: readonly Way[] = [
  {
    id: 'annotation-mistyped',
    title: 'The annotation is mistyped',
    group: 'refused',
    codes: ['AnnotationInvalid', 'FieldUnknown'],
    says: { cause: 'roleArn is not a field of this version', fix: 'did you mean roleARN?' },
    symptoms: {
      'kubectl apply':
        'admission webhook "annotations.rolechain.io" denied the request: … rolechain.io/assume-role: {cause}; {fix}',
    },
    first: 'kubectl apply',
    grade: 3,
    command: CREATE_AGAIN,
  },
  {
    id: 'static-keys',
    title: 'Static keys shadow the role',
    group: 'refused',
    codes: ['StaticKeys'],
    symptoms: {
      'kubectl apply': 'rolechain: ServiceAccount … asks for an AWS role, but: {cause}',
    },
    first: 'kubectl apply',
    grade: 3,
    command: CREATE_AGAIN,
  },
];
