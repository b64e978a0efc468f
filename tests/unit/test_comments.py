"""What of a free text goes out, by what its reviewers say."""

from survey_service.domain.accounts import Email
from survey_service.domain.comments import Verdict, blackened, may_be_read, outcome

KIM = Email("kim@example.org")
ADA = Email("ada@example.org")


def verdict(reviewer: Email, *, accepted: bool = True, words: tuple[int, ...] = ()) -> Verdict:
    return Verdict(reviewer=reviewer, accepted=accepted, blackened=words)


def test_one_person_alone_lets_nothing_out_whatever_they_say() -> None:
    assert outcome([]) == "undecided"
    assert outcome([verdict(KIM)]) == "undecided"
    assert outcome([verdict(KIM), verdict(KIM)]) == "undecided"


def test_two_who_black_out_the_same_words_let_the_rest_out() -> None:
    assert outcome([verdict(KIM, words=(1, 2)), verdict(ADA, words=(1, 2))]) == "agreed"
    assert outcome([verdict(KIM, words=(1, 2)), verdict(ADA, words=(1,))]) == "disputed"


def test_one_rejection_keeps_a_text_in() -> None:
    assert outcome([verdict(KIM), verdict(ADA), verdict(Email("eve@example.org"), accepted=False)]) == "rejected"


def test_words_that_are_blacked_out_leave_one_sign_that_tells_neither_how_many_nor_how_long() -> None:
    assert blackened("Frau  Meier aus dem Standesamt hat geholfen.", (0, 1, 4)) == "[…] aus dem […] hat geholfen."
    assert blackened("Meier Standesamt", (0, 1)) == blackened("x", (0,)) == "[…]"


def test_texts_of_a_small_round_or_of_few_writers_are_read_by_nobody() -> None:
    assert may_be_read(analysed=50, texts=10, minimum_group_size=10)
    assert not may_be_read(analysed=49, texts=40, minimum_group_size=10)
    assert not may_be_read(analysed=500, texts=9, minimum_group_size=10)
