import { IpcError } from '../errors.js';

/**
 * Message after message. Ends quietly when the handle closes, throws what else ends a wait. A message is received only
 * when the loop asks for it, so leaving the loop loses none.
 */
export async function* iterate<Message>(
  receive: () => Promise<Message>,
  closed: () => boolean,
): AsyncGenerator<Message, void, undefined> {
  for (;;) {
    let message: Message;
    try {
      message = await receive();
    } catch (error) {
      if (closed() && error instanceof IpcError && error.code === 'EBADF') return;
      throw error;
    }
    yield message;
  }
}
