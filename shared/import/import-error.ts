/** A file that cannot be loaded, or a place it cannot be loaded into: said before anything is written. */
export class ImportError extends Error {
  /** The line of the file that is wrong, if it is one line; the header is line 1. */
  readonly line: number | undefined;

  constructor(detail: string, line?: number) {
    super(line === undefined ? detail : `Line ${line}: ${detail}`);
    this.name = 'ImportError';
    this.line = line;
  }
}
