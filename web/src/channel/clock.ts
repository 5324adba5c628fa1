// Time, which tests hold in their hands.
export interface Clock {
  now(): number;
  /** Returns the function that cancels it. */
  after(milliseconds: number, action: () => void): () => void;
}

export const realClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};
