/**
 * Reverse edge types by their names. GSProcessing writes `dst:relation-rev:src` beside `src:relation:dst`; before it
 * did so (until 0.2) the relation was `rev-relation`. A name alone proves nothing: somebody may have called a relation
 * `likes-rev`, so ask whether the twin exists.
 */

/** The names under which the reverse of a type may stand. */
export function reverseNames(type: string): string[] {
  const [src = '', relation = '', dst = ''] = type.split(':');
  return [`${dst}:${relation}-rev:${src}`, `${dst}:rev-${relation}:${src}`];
}

/** The names of the types whose reverse this one may be. */
export function forwardNames(type: string): string[] {
  const [src = '', relation = '', dst = ''] = type.split(':');
  return [/^(.+)-rev$/s, /^rev-(.+)$/s].flatMap((pattern) => {
    const forward = pattern.exec(relation)?.[1];
    return forward === undefined ? [] : [`${dst}:${forward}:${src}`];
  });
}
