/** Builds, unless that was done after the last change. Returns whether all went well; standard error tells what did not. */
export function buildWhenStale(): boolean;
