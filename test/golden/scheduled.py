"""Numbers that follow a schedule."""

import math


def value_at(schedule, images):
    if not isinstance(schedule, dict):
        return schedule
    start, end, length = schedule["from"], schedule["to"], schedule["images"]
    if images >= length:
        return value_at(schedule.get("next", end), images - length)
    # Loshchilov & Hutter 2017, equation 5.
    if schedule["curve"] == "cosine":
        return end + (start - end) * (1 + math.cos(math.pi * images / length)) / 2
    return start + (end - start) * images / length
