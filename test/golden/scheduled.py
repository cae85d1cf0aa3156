"""Numbers that follow a schedule."""

import math


def curve(name, start, end, images, following=None):
    return {"curve": name, "from": start, "to": end, "images": images, **({} if following is None else {"next": following})}


def value_at(schedule, images):
    """The number after so many images; in records and lists, each of theirs."""
    if isinstance(schedule, list):
        return [value_at(item, images) for item in schedule]
    if not isinstance(schedule, dict):
        return schedule
    if "curve" not in schedule:
        return {name: value_at(item, images) for name, item in schedule.items()}
    start, end, length = schedule["from"], schedule["to"], schedule["images"]
    if images >= length:
        return value_at(schedule.get("next", end), images - length)
    # Loshchilov & Hutter 2017, equation 5.
    if schedule["curve"] == "cosine":
        return end + (start - end) * (1 + math.cos(math.pi * images / length)) / 2
    return start + (end - start) * images / length
