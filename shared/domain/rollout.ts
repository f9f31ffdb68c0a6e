/** Who is served every ten minutes, and who on the hour only (requirements B2). */

export type Rollout = {
  /** Of a hundred hosts, how many are served every ten minutes; which ones is stable. */
  readonly percentage: number;
  /** Hosts that are served every ten minutes whatever the percentage. */
  readonly hostIds: readonly string[];
  readonly version: number;
  readonly updatedAt: string;
  readonly updatedBy: string;
};

/** Before anybody decided: everybody as before, on the hour. */
export const rolloutAtFirst: Rollout = {
  percentage: 0,
  hostIds: [],
  version: 0,
  updatedAt: '1970-01-01T00:00:00.000Z',
  updatedBy: 'nobody',
};

export const slots = 100;

/**
 * @param slot the host's place among the hundred (a stable hash of its id), 0 to 99
 * @param isOnTheHour whether the run is the first of its hour; that one serves everybody
 */
export function isServed(
  host: { readonly id: string; readonly slot: number },
  { percentage, hostIds }: Pick<Rollout, 'percentage' | 'hostIds'>,
  isOnTheHour: boolean,
): boolean {
  return isOnTheHour || host.slot < percentage || hostIds.includes(host.id);
}
