/** How long is kept what people and programs were told. */

/** Besides the rest of its month, a year and a month: what happened since the same time last year can be found. */
const monthsKept = 13;

/** What was told in one month is forgotten together. */
export const monthOf = (at: string): string => at.slice(0, 7);

export const forgottenAt = (month: string): string => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number + monthsKept)).toISOString();
};

/** For the attribute by which the table forgets. */
export const expiryOf = (at: string): number => Date.parse(forgottenAt(monthOf(at))) / 1000;
