/** A file in the making: bytes, and where they stand. */
export class FileBytes {
  readonly #parts: Buffer[] = [Buffer.from('PAR1')];
  at = 4;

  /** @returns where it stands */
  put(bytes: Buffer): number {
    const start = this.at;
    this.#parts.push(bytes);
    this.at += bytes.length;
    return start;
  }

  take(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
