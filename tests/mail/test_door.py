"""Mail leaves by a connection that is encrypted and whose other end is known, or not at all."""

from html import unescape
from pathlib import Path
from typing import Literal

import pytest

from survey_service.correspondence.smtp import MailServerUnavailable
from survey_service.domain.rounds import Round, RoundId
from survey_service.operations.examine import examine
from survey_service.operations.installation import Installation
from survey_service.operations.invite_by_mail import prepare_invitations, preview_mails, send_test_mail
from survey_service.operations.mail_round import Sent, send_waiting
from survey_service.operations.readiness import Finding
from tests.conftest import new_round
from tests.mail.conftest import LINK, MailBox, addresses, certificate, code_in, mail_server, text_of, with_mail

# The test's own server does not see that its connection is encrypted from the first byte on.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

Security = Literal["tls", "starttls"]
BOTH: tuple[Security, ...] = ("tls", "starttls")
OWN = "kim@city.example"


@pytest.fixture
async def found(installation: Installation, tmp_path: Path) -> Round:
    return await new_round(installation, tmp_path)


@pytest.mark.parametrize("security", BOTH)
async def test_invitations_go_by_tls_with_user_and_password_over_one_connection(
    installation: Installation, found: Round, box: MailBox, tmp_path: Path, security: Security
) -> None:
    with mail_server(box, security=security, pair=certificate(tmp_path)) as url:
        posting = with_mail(installation, url, tmp_path / "spool")
        await prepare_invitations(posting, found.round_id, addresses(5))
        sent = await send_waiting(posting, RoundId(found.round_id), "invitation")
    assert sent == Sent(accepted=5, refused=0, unclear=0, waiting=0)
    assert len({code for _, code in box.codes()}) == 5
    # Whoever greets again after STARTTLS is still on the same connection (RFC 3207 section 4.2).
    assert box.connections == (2 if security == "starttls" else 1)


@pytest.mark.parametrize("security", BOTH)
async def test_a_certificate_that_nobody_vouches_for_stops_everything_before_a_word_is_said(
    installation: Installation, found: Round, box: MailBox, tmp_path: Path, security: Security
) -> None:
    with mail_server(box, security=security, pair=certificate(tmp_path)) as url:
        posting = with_mail(installation, url.partition("&ca=")[0], tmp_path / "spool")
        with pytest.raises(MailServerUnavailable):
            await send_test_mail(posting, found.round_id, OWN)
    assert box.messages == []


async def test_a_certificate_of_another_host_is_not_this_ones(
    installation: Installation, found: Round, box: MailBox, tmp_path: Path
) -> None:
    with mail_server(box, security="tls", pair=certificate(tmp_path, "127.0.0.2")) as url:
        posting = with_mail(installation, url, tmp_path / "spool")
        with pytest.raises(MailServerUnavailable):
            await send_test_mail(posting, found.round_id, OWN)
    assert box.messages == []


async def test_a_wrong_password_is_told_as_one(
    installation: Installation, found: Round, box: MailBox, tmp_path: Path
) -> None:
    with mail_server(box, security="tls", pair=certificate(tmp_path)) as url:
        posting = with_mail(installation, url.replace("not%20secret", "still%20less"), tmp_path / "spool")
        with pytest.raises(MailServerUnavailable, match="does not know the user or the password"):
            await send_test_mail(posting, found.round_id, OWN)


async def test_a_server_that_offers_no_encryption_gets_neither_password_nor_mail(
    installation: Installation, found: Round, box: MailBox, tmp_path: Path
) -> None:
    with mail_server(box) as url:
        posting = with_mail(installation, url.replace("://", "://survey:secret@"), tmp_path / "spool")
        with pytest.raises(MailServerUnavailable):
            await send_test_mail(posting, found.round_id, OWN)
    assert box.messages == []


async def test_preview_and_test_mail_are_what_goes_with_a_code_that_nobody_has(
    posting: Installation, found: Round, box: MailBox
) -> None:
    invitation, reminder = await preview_mails(posting, found.round_id)
    await send_test_mail(posting, found.round_id, OWN)
    ((address, message),) = box.messages
    assert address == OWN
    assert text_of(message).split() == invitation.text.split()
    assert set(code_in(message)) == {"0"}
    assert not LINK.search(reminder.text)
    async with posting.database.owner() as connection:
        assert await connection.fetchval("SELECT count(*) FROM invitation WHERE round_id = $1", found.round_id) == 0


async def test_a_mail_loads_nothing_and_follows_nobody(posting: Installation, found: Round, box: MailBox) -> None:
    await send_test_mail(posting, found.round_id, OWN)
    ((_, message),) = box.messages
    html = unescape(text_of(message, "html"))
    for loading in ("<img", "<link", "<script", "<iframe", "url(", "@import", "src="):
        assert loading not in html
    assert {address.split("#")[0] for address in html.split('href="')[1:] if address.startswith("http")} <= {
        f"http://survey.test/r/{found.round_id}"
    }
    assert "List-Unsubscribe" not in message
    assert "Disposition-Notification-To" not in message


async def test_the_doctor_knocks_without_sending_and_says_what_keeps_the_door_shut(
    installation: Installation, box: MailBox, tmp_path: Path
) -> None:
    with mail_server(box, security="tls", pair=certificate(tmp_path)) as url:
        assert (await looked_at(with_mail(installation, url, tmp_path / "spool"), "mail")).is_ok
        assert (box.connections, box.messages) == (1, [])
        shut = await looked_at(with_mail(installation, url.partition("?")[0], tmp_path / "spool"), "mail")
        assert not shut.is_ok
        assert "its certificate is not trusted" in shut.detail
    gone = await looked_at(with_mail(installation, url, tmp_path / "spool"), "mail")
    assert not gone.is_ok
    assert "nothing answers there" in gone.detail


async def test_the_doctor_finds_a_spool_that_others_may_read(posting: Installation, found: Round) -> None:
    await prepare_invitations(posting, found.round_id, addresses(2))
    assert (await looked_at(posting, "spool")).is_ok
    file = next(path for path in posting.spool.directory.rglob("*") if path.is_file())
    file.chmod(0o640)
    unsafe = await looked_at(posting, "spool")
    assert not unsafe.is_ok
    assert f"{file} is open to others" in unsafe.detail


async def looked_at(installation: Installation, name: str) -> Finding:
    (finding,) = [each for each in await examine(installation) if each.name == name]
    return finding
