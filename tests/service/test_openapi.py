"""The API against its own description."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance, unsupported_method

from recommender.catalogue import Link, Size, Tier
from recommender.ranking import FEATURES


def test_every_operation_describes_its_problems(client):
    schema = client.get("/openapi.json").json()
    assert schema["info"]["title"] == "Rongtong 融通"
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (path, method, status)


def test_the_description_has_examples_that_the_service_takes(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for name, path in (("SuppliersQuestion", "suppliers"), ("BuyersQuestion", "buyers")):
        for example in schemas[name]["examples"]:
            assert client.post(f"/v1/recommendations/{path}", json=example).status_code == 200
    assert schemas["Answer"]["examples"]
    assert schemas["Problem"]["examples"]


def test_every_name_in_an_answer_has_words_in_both_languages(client):
    words = client.get("/v1/vocabulary").json()
    assert set(words["features"]) == set(FEATURES)
    assert set(words["links"]) == set(Link)
    assert set(words["tiers"]) == set(Tier)
    assert set(words["sizes"]) == set(Size)
    for table in words.values():
        for label in table.values():
            assert label["zh"]
            assert label["en"]


@pytest.mark.parametrize("valid", [True, False], ids=["valid", "invalid"])
def test_random_requests_get_the_answers_that_the_description_promises(client, valid):
    """schemathesis makes requests from the description, hypothesis without a random seed: always the same."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    mode = GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE
    operations = [found.ok() for found in schema.get_all_operations()]
    asking = [each for each in operations if valid or each.method == "post"]
    assert len(asking) >= 2
    for operation in asking:

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=25,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        def holds(case: schemathesis.Case) -> None:
            # A well-formed id need not exist, and a well-formed region need not either: 404 and 422 are fine.
            case.call_and_validate(excluded_checks=[positive_data_acceptance, unsupported_method])

        holds()
