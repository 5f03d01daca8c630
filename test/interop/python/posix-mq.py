"""The same as test/interop/c/posix-mq.c: send NAME COUNT, receive NAME COUNT."""
import ctypes
import os
import sys

from libc import call

SIZE = 64


class Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ('flags', 'maxmsg', 'msgsize', 'curmsgs')]
    _fields_.append(('reserved', ctypes.c_long * 4))


role, name, count = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
if role == 'send':
    attributes = Attributes(maxmsg=10, msgsize=SIZE)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    queue = call('mq_open', name, flags, ctypes.c_uint(0o600), ctypes.byref(attributes))
    for i in range(count):
        text = f'Message-{i}'.encode()
        call('mq_send', queue, text, ctypes.c_size_t(len(text)), ctypes.c_uint(i % 3))
else:
    queue = call('mq_open', name, os.O_RDONLY)
    print('waiting', flush=True)
    for i in range(count):
        text, priority = ctypes.create_string_buffer(SIZE), ctypes.c_uint()
        length = call('mq_receive', queue, text, ctypes.c_size_t(SIZE), ctypes.byref(priority), result=ctypes.c_ssize_t)
        print(priority.value, text.raw[:length].decode())
