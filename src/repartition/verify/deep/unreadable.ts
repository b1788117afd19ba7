/** What is wrong with a part, in words of ours. */
export class UnreadablePart extends Error {}
