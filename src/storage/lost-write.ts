import { RepartitionError } from '../errors.js';

/** What was written so far is gone, and what was handed over has been let go: whoever made it may make it again. */
export class LostWrite extends RepartitionError {}

/** The same failure, told as one after which the object may be made again. */
export function asLostWrite({ code, message, hint, operation, path, cause }: RepartitionError): LostWrite {
  return new LostWrite(code, message, { hint, operation, path, cause });
}
