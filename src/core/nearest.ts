/** The name that `given` was probably meant to be: at most two letters away, and two of five; null where none is that near. */
export function nearestName(given: string, names: readonly string[]): string | null {
  let [nearest, least]: [string | null, number] = [null, 3];
  for (const name of names) {
    if (Math.abs(name.length - given.length) >= least) continue;
    const distance = editDistance(given, name);
    if (distance < least && distance <= 0.4 * Math.max(given.length, name.length)) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** Letters put in, left out, replaced or swapped with their neighbour between `a` and `b`, each letter once (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
