from emulators.warehouse.sql import patterns


def test_patterns_of_show_and_of_metadata_calls() -> None:
    names = ["orders", "order_items", "a.b"]

    assert patterns.matching(names, None) == names
    assert patterns.matching(names, "order*|A.B") == names
    assert patterns.matching(names, "order") == []
    assert patterns.like(names, "order%") == ["orders", "order_items"]
    assert patterns.like(names, "order_") == ["orders"]
    assert patterns.like(names, r"order\_items") == ["order_items"]
    assert patterns.like(names, "a%b") == ["a.b"]
