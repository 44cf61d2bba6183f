import recommender.catalogue as face
from recommender.catalogue import domain


def test_the_face_is_what_is_announced() -> None:
    domain_classes = {
        name for name, value in vars(domain).items() if getattr(value, "__module__", "") == domain.__name__
    }
    others = {
        "Catalogue",
        "Counts",
        "Kind",
        "Reader",
        "Refusal",
        "Transaction",
        "as_record",
        "open_catalogue",
    }
    assert set(face.__all__) == domain_classes | others
    assert all(hasattr(face, name) for name in face.__all__)
