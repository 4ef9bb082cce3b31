/** The right to make one call. The first of the three ends it, what comes after is ignored. */
export type Permit = Readonly<{
  succeed(): void;
  /** A failure if the breaker's `isFailure` says so, else like `release`. */
  fail(error: unknown): void;
  /** Ends it without a sample: the client hung up, the call was never made. */
  release(): void;
}>;

export type CallEnd = 'succeeded' | 'failed' | 'released';

/** Who is told of the end of a call, and what counts as a failure. One for all permits of a breaker. */
export type PermitBook = Readonly<{
  isFailure(error: unknown): boolean;
  /** `era` is what the permit was made with. Told once for each permit. */
  ended(era: number, end: CallEnd): void;
}>;

/** One is made for every call, so it is three fields and no closure. */
class CountedPermit implements Permit {
  private readonly book: PermitBook;
  private readonly era: number;
  private open = true;

  constructor(book: PermitBook, era: number) {
    this.book = book;
    this.era = era;
  }

  succeed(): void {
    this.end('succeeded');
  }

  fail(error: unknown): void {
    if (this.open) this.end(this.book.isFailure(error) ? 'failed' : 'released');
  }

  release(): void {
    this.end('released');
  }

  private end(end: CallEnd): void {
    if (!this.open) return;
    this.open = false;
    this.book.ended(this.era, end);
  }
}

export const createPermit = (book: PermitBook, era: number): Permit => new CountedPermit(book, era);

const nothing = (): void => {};

/** For calls that nobody counts. */
export const uncounted: Permit = { succeed: nothing, fail: nothing, release: nothing };
