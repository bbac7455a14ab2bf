/** What is kept of an object's annotations: all that a decision reads. Pure. */
import { keepBounded, type Annotations } from './annotations.ts';
import { keptStrays, type AnnotatedKind } from './annotation-keys.ts';

/** Those of `keys`, each within its bound; of others with our prefix the names. */
export function keptAnnotations(annotations: Annotations, kind: AnnotatedKind, keys: readonly string[]): Annotations {
  const kept = keepBounded(annotations, keys);
  const strays = keptStrays(annotations, kind);
  // One object that stands for all that has nothing is kept as it is.
  return Object.keys(strays).length > 0 ? { ...kept, ...strays } : kept;
}
