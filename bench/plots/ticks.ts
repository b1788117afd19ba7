/** Ticks of logarithmic axes: few enough to be read. Pure. */

const STEPS = [[1, 2, 5], [1, 3], [1]] as const;
const DECADES = [1.3, 3];

/** Round numbers between the two; over many decades, only powers of ten. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const steps = STEPS[DECADES.filter((limit) => decades > limit).length]!;
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    ticks.push(...steps.map((step) => Number(`${step}e${power}`)));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}
