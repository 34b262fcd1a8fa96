"""The error table of the Graph API: every row of docs/channels/meta.md section 4.2, as data.

Rows are matched on the parsed integers ``code`` and ``error_subcode``, never on the text of the body; the one
exception, ``message_says``, reads the parsed ``message`` where Meta gives two meanings the same numbers.
"""

from datetime import timedelta
from typing import Final

from adapters.answers import Sentence
from adapters.limits import Grade
from adapters.meta_graph import sentences as say
from adapters.meta_graph.meanings import ErrorRow, Meaning
from schemas.pace import PaceScope

COOL_DOWN: Final = timedelta(hours=6)
"""How long a blocked account rests before it is asked again.

Source: the sheet says "hours to days" and no more; six hours is our choice, grade assumed.
"""

_DOC: Final = "D-err, D-igerr, D-rate"
_CLIENT: Final = "PZ"


def _row(
    meaning: Meaning,
    sentence: Sentence,
    code: int | None,
    subcode: int | None = None,
    *,
    source: str = _DOC,
    grade: Grade = Grade.DOCUMENTED,
    any_subcode: bool = False,
    scope: PaceScope = PaceScope.ACCOUNT,
) -> ErrorRow:
    return ErrorRow(
        scope=scope,
        code=code,
        subcode=subcode,
        any_subcode=any_subcode,
        meaning=meaning,
        sentence=sentence,
        source=source,
        grade=grade,
    )


def _seen(meaning: Meaning, sentence: Sentence, code: int | None, subcode: int | None = None) -> ErrorRow:
    """Make a row known from the code of another client only."""
    return _row(meaning, sentence, code, subcode, source=_CLIENT, grade=Grade.ASSUMED)


_FAULTS: Final = (
    _row(Meaning.UNKNOWN, say.SERVICE, 1, source="D-err; php-graph-sdk#1141", any_subcode=True),
    _row(Meaning.UNKNOWN, say.SERVICE, 1, 99, source="D-err; php-graph-sdk#1141"),
    _row(Meaning.UNKNOWN, say.SERVICE, 2, source="D-err; koala#699", any_subcode=True),
    _seen(Meaning.UNKNOWN, say.SERVICE, None, 1363047),
    _seen(Meaning.UNKNOWN, say.SERVICE, None, 1609010),
    _row(Meaning.REBUILD, say.SERVICE, -1, 2207001, source="D-igerr"),
    _row(Meaning.REBUILD, say.SERVICE, -1, 2207032, source="D-igerr"),
    _row(Meaning.REBUILD, say.SERVICE, -1, 2207053, source="D-igerr"),
    _row(Meaning.RETRY, say.SERVICE, -2, 2207003, source="D-igerr"),
    _row(Meaning.REBUILD, say.SERVICE, -2, 2207020, source="D-igerr"),
    _row(Meaning.RETRY, say.SERVICE, 24, 2207008, source="D-igerr"),
    _row(Meaning.WAIT, say.NOT_READY, 9007, source="D-igerr"),
    _row(Meaning.WAIT, say.NOT_READY, 9007, 2207027, source="D-igerr"),
    _seen(Meaning.MISSING, say.MISSING, 100, 33),
)

_PACE: Final = (
    _row(Meaning.RATE, say.PACE, 4, scope=PaceScope.APP),
    _row(Meaning.RATE, say.DAILY_QUOTA, 9, 2207042, source="D-igerr"),
    _row(Meaning.RATE, say.PACE, 17),
    _row(Meaning.RATE, say.PACE, 17, 2446079),
    _row(Meaning.RATE, say.PACE, 32),
    _row(Meaning.RATE, say.PACE, 341, scope=PaceScope.APP),
    _row(Meaning.RATE, say.PACE, 613),
    _row(Meaning.RATE, say.PACE, 613, 1996),
    *(
        _row(Meaning.RATE, say.PACE, code, source="D-rate")
        for code in (80000, 80001, 80002, 80003, 80004, 80005, 80006, 80008, 80009, 80014)
    ),
)

_ACCOUNT: Final = (
    _row(Meaning.PERM, say.SCOPES, 3),
    _row(Meaning.PERM, say.SCOPES, 10),
    _row(Meaning.PERM, say.SCOPES, 24, 2207006, source="D-igerr"),
    _row(Meaning.AUTH, say.RECONNECT, 102),
    _row(Meaning.AUTH, say.RECONNECT, 190),
    *(_row(Meaning.AUTH, say.RECONNECT, 190, sub) for sub in (452, 458, 460, 463, 464, 465, 467)),
    _row(Meaning.AUTH, say.CHECKPOINT, 190, 459),
    _row(Meaning.PERM, say.PAGE_ROLE, 190, 492),
    ErrorRow(
        code=190,
        message_says="impersonating a user's page",
        meaning=Meaning.PERM,
        sentence=say.PAGE_ROLE,
        source="PZ#1912",
        grade=Grade.ASSUMED,
    ),
    ErrorRow(
        code=200,
        code_to=299,
        meaning=Meaning.PERM,
        sentence=say.SCOPES,
        source="D-err; PZ#1892",
        grade=Grade.DOCUMENTED,
    ),
    _seen(Meaning.PERM, say.PAGE_AUTHORIZATION, None, 1404078),
    ErrorRow(
        code=100,
        message_says="appsecret_proof",
        meaning=Meaning.PERM,
        sentence=say.APP_SECRET,
        source="meta.md 4.5",
        grade=Grade.ASSUMED,
    ),
)

_BLOCKS: Final = (
    ErrorRow(
        code=4,
        subcode=2207051,
        meaning=Meaning.BLOCK,
        sentence=say.TOO_FAST,
        cool_down=COOL_DOWN,
        may_have_applied=True,
        source="D-igerr; PZ#1681",
        grade=Grade.DOCUMENTED,
    ),
    *(
        ErrorRow(
            code=368,
            subcode=subcode,
            meaning=Meaning.BLOCK,
            sentence=say.TOO_FAST,
            cool_down=COOL_DOWN,
            source="D-err; PZ",
            grade=Grade.DOCUMENTED,
        )
        for subcode in (None, 1390008)
    ),
    _row(Meaning.BLOCK, say.RESTRICTED, 25, 2207050, source="D-igerr"),
    _seen(Meaning.BLOCK, say.IDENTITY, 368, 4854002),
    _seen(Meaning.BLOCK, say.CHECKPOINT, None, 1404006),
    _seen(Meaning.BLOCK, say.CHECKPOINT, None, 1404112),
)

_DUPLICATES: Final = (
    _row(Meaning.DUPLICATE, say.DUPLICATE, 506),
    _seen(Meaning.DUPLICATE, say.DUPLICATE, 368, 1404082),
    _seen(Meaning.DUPLICATE, say.DUPLICATE, None, 1366051),
)

_CONTENT: Final = (
    _row(Meaning.CONTENT, say.BAD_PARAMETER, 100),
    _row(Meaning.CONTENT, say.MEDIA_TYPE, 100, 2207023, source="D-igerr"),
    _row(Meaning.CONTENT, say.CAROUSEL, 100, 2207028, source="D-igerr"),
    *(
        _row(Meaning.CONTENT, say.TAGGING, 100, subcode, source="D-igerr")
        for subcode in (2207035, 2207036, 2207037, 2207040)
    ),
    _row(Meaning.CONTENT, say.VIDEO_FORMAT, 352, 2207026, source="D-igerr"),
    _row(Meaning.CONTENT, say.PICTURE_BYTES, 36000, 2207004, source="D-igerr"),
    _row(Meaning.CONTENT, say.PICTURE_FORMAT, 36001, 2207005, source="D-igerr"),
    _row(Meaning.CONTENT, say.PICTURE_RATIO, 36003, 2207009, source="D-igerr"),
    _row(Meaning.CONTENT, say.CAPTION, 36004, 2207010, source="D-igerr"),
    _seen(Meaning.CONTENT, say.PICTURE_BYTES, None, 1366046),
    _seen(Meaning.CONTENT, say.PICTURE_FORMAT, None, 1349125),
    _seen(Meaning.CONTENT, say.POLICY, None, 1346003),
    _seen(Meaning.CONTENT, say.POLICY, None, 1404102),
    _seen(Meaning.CONTENT, say.LINK, None, 1609008),
    _seen(Meaning.CONTENT, say.LINK, None, 2061006),
    _seen(Meaning.CONTENT, say.DELETE_BY_HAND, None, 2207085),
)

_UNFETCHED: Final = (
    _row(
        Meaning.UNFETCHED,
        say.PICTURE_UNREADABLE,
        324,
        source=_CLIENT,
        grade=Grade.ASSUMED,
        any_subcode=True,
    ),
    # The sheet supposes that this is 324's own subcode and is not sure; alone it means the same.
    _seen(Meaning.UNFETCHED, say.PICTURE_UNREADABLE, None, 2069019),
    _row(Meaning.UNFETCHED, say.PICTURE_UNREADABLE, 9004, source="D-igerr; PZ#1900"),
    _row(Meaning.UNFETCHED, say.PICTURE_UNREADABLE, 9004, 2207052, source="D-igerr; PZ#1900"),
    _row(Meaning.UNFETCHED, say.LINK, 1609005),
    _row(Meaning.UNFETCHED, say.LINK, None, 1609005),
)

ERROR_ROWS: Final = (
    *_FAULTS,
    *_PACE,
    *_ACCOUNT,
    *_BLOCKS,
    *_DUPLICATES,
    *_CONTENT,
    *_UNFETCHED,
)
