// A live cell as a hand and an eye meet it, whoever serves it.

export interface Traffic {
  received: number;
  sent: number;
}

export interface Cell {
  /** Bytes of all messages so far, both ways. */
  readonly traffic: Traffic;
  /** Told of every output of the function, with the value that it belongs to. */
  onShown: (value: number) => void;
  /** The slider stands here now. */
  set(value: number): void;
  /** The hand has let go of the slider. */
  release(): void;
  /** How often the function has been called; resolves when all that was asked for before is done. */
  runs(): Promise<number>;
  close(): void;
}

/** Rejects when `promise` has not settled in time. */
export function within<T>(milliseconds: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: nothing for ${milliseconds} ms`)), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export const byteLength = (text: string): number => new TextEncoder().encode(text).length;
