"""The same as test/interop/c/sysv-msg.c: send PATH COUNT, receive PATH COUNT TYPE."""
import sys

import sysv_ipc

role, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
key = sysv_ipc.ftok(path, ord('P'), silence_warning=True)
if role == 'send':
    queue = sysv_ipc.MessageQueue(key, sysv_ipc.IPC_CREX, mode=0o600)
    for i in range(count):
        queue.send(f'Message-{i}', type=i % 3 + 1)
else:
    queue = sysv_ipc.MessageQueue(key)
    print('waiting', flush=True)
    for i in range(count):
        text, kind = queue.receive(type=int(sys.argv[4]))
        print(kind, text.decode())
