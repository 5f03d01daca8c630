import { IpcError } from '../errors.js';

/**
 * Message after message. Ends quietly where `over` says that an error is the end, throws what else ends a wait. A message is
 * received only when the loop asks for it, so leaving the loop loses none.
 */
export async function* iterate<Message>(
  receive: () => Promise<Message>,
  over: (error: IpcError) => boolean,
): AsyncGenerator<Message, void, undefined> {
  for (;;) {
    let message: Message;
    try {
      message = await receive();
    } catch (error) {
      if (error instanceof IpcError && over(error)) return;
      throw error;
    }
    yield message;
  }
}
