"""The same as test/interop/c/sysv-shm.c: write, read or double KEY COUNT."""
import sys

import sysv_ipc

import records

role, key, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
creates = sysv_ipc.IPC_CREX if role == 'write' else 0
segment = sysv_ipc.SharedMemory(key, creates, size=records.size_of(count) if creates else 0)
records.apply(role, segment, count)
segment.detach()
