"""What the generator takes for an integer and the service does not.

To JSON Schema `1.0` is an integer. The service reads plain digits alone, since `1.0` is one thing to
one parser and another to the next; that it is refused is tested with the other bad inputs. Here it
would be a valid request that is not accepted.
"""

import schemathesis


def is_written_as_a_fraction(value):
    if isinstance(value, dict):
        return any(map(is_written_as_a_fraction, value.values()))
    return isinstance(value, float) and value.is_integer()


@schemathesis.hook
def filter_body(context, body):
    return not is_written_as_a_fraction(body)
