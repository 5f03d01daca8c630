"""The producer and the consumer of the chapter "Shared Memory Simulation": consume NAME SIZE, produce NAME SIZE,
create NAME SIZE.

Where numpy is not installed a cast of the memory itself stands for its array; nothing else is changed.
"""
import sys
import time
from multiprocessing import shared_memory

try:
    import numpy as np

    def array_of(shm, size):
        return np.ndarray((size,), dtype=np.int32, buffer=shm.buf)

    def release(buffer):
        pass
except ImportError:

    def array_of(shm, size):
        return shm.buf[: size * 4].cast('i')

    def release(buffer):
        buffer.release()


def producer(shm_name, size):
    shm = shared_memory.SharedMemory(name=shm_name)
    buffer = array_of(shm, size)
    for i in range(size):
        buffer[i] = i + 1  # Avoid zero to distinguish written values
        time.sleep(0.01)  # Simulate work
    release(buffer)
    del buffer
    shm.close()


def consumer(shm_name, size):
    shm = shared_memory.SharedMemory(name=shm_name)
    buffer = array_of(shm, size)
    print('consuming', flush=True)
    while any(item == 0 for item in buffer):  # Wait for producer to fill all
        time.sleep(0.01)
    print([int(item) for item in buffer], flush=True)
    release(buffer)
    del buffer
    shm.close()


def create(shm_name, size):
    shm = shared_memory.SharedMemory(name=shm_name, create=True, size=size * 4)
    buffer = array_of(shm, size)
    for i in range(size):
        buffer[i] = 0
    release(buffer)
    del buffer
    print('created', flush=True)
    producer(shm.name, size)
    sys.stdin.readline()
    shm.close()
    shm.unlink()


if __name__ == '__main__':
    role, name, size = sys.argv[1:]
    {'consume': consumer, 'produce': producer, 'create': create}[role](name, int(size))
