/**
 * The results of each item in `rounds` rounds. They take turns, the first one of a round changing, so that what else
 * the machine does meets all alike.
 */
export async function alternate<Item, Result>(
  items: readonly Item[],
  rounds: number,
  measure: (item: Item) => Promise<Result>,
): Promise<readonly Result[][]> {
  const results: Result[][] = items.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = [...items.entries()];
    if (round % 2 === 1) order.reverse();
    for (const [index, item] of order) results[index]?.push(await measure(item));
  }
  return results;
}
