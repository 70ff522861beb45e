"""Removes bodies that JSON Schema accepts as integers and the service rejects.

`1.0` is an integer in JSON Schema. The service accepts only plain digits, because parsers disagree
about `1.0`; its rejection is tested with the other invalid inputs. Here it would be reported as a
valid request that is rejected.
"""

import schemathesis


def is_written_as_a_fraction(value):
    if isinstance(value, dict):
        return any(map(is_written_as_a_fraction, value.values()))
    return isinstance(value, float) and value.is_integer()


@schemathesis.hook
def filter_body(context, body):
    return not is_written_as_a_fraction(body)
