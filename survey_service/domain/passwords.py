"""Which passwords are taken. NIST SP 800-63B section 5.1.1.2: length and lists of the commonest, no rules of style.

How many guesses a password takes is estimated by zxcvbn, which knows the commonest passwords, words and names, keyboards,
dates and what people put around them (Wheeler, zxcvbn: Low-Budget Password Strength Estimation, USENIX Security 2016). Its lists
are English; what is common in German stands here.
"""

import unicodedata

from zxcvbn import zxcvbn

from survey_service.errors import Refusal

SHORTEST_PASSWORD = 12  # characters
LONGEST_PASSWORD = 256  # characters; more would only cost time
FEWEST_DIFFERENT = 5  # characters; "aaaaaaaaaaaa" is long and worth nothing
FEWEST_GUESSES = 1e10  # zxcvbn's highest grade: decades of one core, at a tenth of a second for each
_ESTIMATED = 72  # characters; what stands behind them only makes a password better

COMMONEST = frozenset(
    """
    0123456789ab 012345678910 0987654321qwerty 102030405060 111122223333 112233445566 121212121212 123123123123
    1234567890-= 123456789012 1234567890123 1234567890ab 1234567890abc 1234567890qwe
    1234567890qwertyuiop 123456789abc 123456789qwe 12345qwert12345 123qweasdzxc 1q2w3e4r5t6y 1q2w3e4r5t6y7u8i
    1qaz2wsx3edc 1qaz2wsx3edc4rfv 987654321098 abc123456789 abcd1234abcd abcdefghijkl abcdefghijklm administrator
    administrator1 asdfasdfasdf asdfghjklasdf changemenow1 changemenow! computer1234 dortmund1909 fcbayern1900
    football1234 geheim123456 geheimgeheim hallo1234567 hallohallo12 hallohallohallo ichliebedich ichliebedich1
    iloveyou1234 iloveyouiloveyou internet1234 letmein12345 letmeinletmein masterpasswort passw0rd1234 password!234
    password0000 password1234 password12345 password123456 password2024 password2025 password2026 passwordpassword
    passwort1234 passwort12345 passwort123456 passwort2024 passwort2025 passwort2026 passwortpasswort q1w2e3r4t5y6
    qazwsxedcrfv qwe123qwe123 qwer1234qwer qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyuiopasdfghjkl
    qwertz123456 qwertzqwertz qwertzuiop12 qwertzuiop123 qwertzuiopas qwertzuiopue schalke041904 sommer202420
    sonnenschein sonnenschein1 startrek1234 sunshine1234 testtesttest trustno1trustno1 unbekannt123 welcome12345
    willkommen12 willkommen123 willkommen1234 willkommen2025 willkommen2026 winter202425 zaq12wsxcde3
    """.split()  # noqa: SIM905 - words are easier to read and to add to than a hundred quotation marks
)
"""Frequent and obvious passwords of this length, in German and English, in lower case."""


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())


# "Willkommen!2031#" is a common word with a tail: whoever guesses tries tails before anything else.
_COMMON_CORES = frozenset(_letters(word) for word in COMMONEST if len(_letters(word)) >= FEWEST_DIFFERENT)


class WeakPassword(Refusal):
    """A password that others would guess."""


def accepted(password: str, email: str) -> str:
    """The password in the one form that is hashed. Raises: WeakPassword, never with the password in it."""
    prepared = prepare(password)
    folded = prepared.casefold()
    if len(prepared) < SHORTEST_PASSWORD:
        raise WeakPassword(f"The password has fewer than {SHORTEST_PASSWORD} characters.", remedy="Take a longer one.")
    if len(prepared) > LONGEST_PASSWORD:
        raise WeakPassword(f"The password has more than {LONGEST_PASSWORD} characters.", remedy="Take a shorter one.")
    is_common = folded in COMMONEST or _letters(folded) in _COMMON_CORES
    if is_common or len(set(folded)) < FEWEST_DIFFERENT:
        raise WeakPassword("This is one of the commonest passwords.", remedy="Take four or more words by chance.")
    name = email.partition("@")[0]
    if email in folded or folded in email or (len(name) >= FEWEST_DIFFERENT and name in folded):
        raise WeakPassword("The password is made from the e-mail address.", remedy="Take something unrelated to it.")
    estimate = zxcvbn(prepared[:_ESTIMATED], user_inputs=[name, *sorted(_COMMON_CORES)])
    if float(estimate["guesses"]) < FEWEST_GUESSES:
        raise WeakPassword("The password is too easy to guess.", remedy="Take four or more words by chance.")
    return prepared


def prepare(password: str) -> str:
    """NFKC: the same key presses give the same password on every keyboard and system."""
    return unicodedata.normalize("NFKC", password)
