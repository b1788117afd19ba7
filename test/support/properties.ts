/**
 * fast-check with a seed that is the same each time, so that what passed today passes tomorrow.
 * `npm run test:properties` draws another each night; a failure prints it, and PROPERTY_SEED repeats it.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) });

/** @param short how many cases `npm test` tries */
export const howMany = (short: number): number => Number(process.env['PROPERTY_RUNS'] ?? short);

export default fc;
