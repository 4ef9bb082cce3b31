/** What can be finished when the turn is over. */
export type Finishable = { finish(): void };

/**
 * Collects whole answers, and lets all of one turn of the event loop out together: whoever reads them on the same machine is
 * woken once, not for each. It costs an answer no more than the rest of its turn.
 */
export class AnswerBatch {
  private waiting: Finishable[] = [];
  /** Empty but within `flush`. */
  private leaving: Finishable[] = [];

  add(answer: Finishable): void {
    if (this.waiting.push(answer) === 1) setImmediate(this.flush);
  }

  private readonly flush = (): void => {
    const { waiting } = this;
    this.waiting = this.leaving;
    this.leaving = waiting;
    for (let index = 0; index < waiting.length; index += 1) (waiting[index] as Finishable).finish();
    waiting.length = 0;
  };
}
