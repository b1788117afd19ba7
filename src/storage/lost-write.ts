import { RepartitionError } from '../errors.js';

/** What was written so far is gone, and what was handed over has been let go: whoever made it may make it again. */
export class LostWrite extends RepartitionError {}
