"""A machine whose clock is CLOCK_OFFSET_SECONDS ahead: Python imports this before all else."""

import datetime
import os
import time

offset = float(os.environ["CLOCK_OFFSET_SECONDS"])
true_time = time.time


class Ahead(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(true_time() + offset, tz)

    @classmethod
    def utcnow(cls):
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)


datetime.datetime = Ahead
time.time = lambda: true_time() + offset
