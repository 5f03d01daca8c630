/** What `start` gives; what it throws at once, a bad argument above all, is a rejection too. */
export function promised<T>(start: () => Promise<T>): Promise<T> {
  try {
    return start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The same end, without what it was told by. */
export function ended(wait: Promise<unknown>): Promise<void> {
  return wait.then(() => {});
}
