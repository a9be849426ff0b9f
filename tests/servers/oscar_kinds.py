"""What differs between the two OSCAR servers that the fake can be.

``OOS`` is open-oscar-server (AIM and ICQ), ``ISD`` is IServerd (ICQ only).  Numbers are those the
two were seen to send.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.servers.oscar_wire import tlvs, u8, u16, u32

GENERIC, LOCATE, BUDDY, ICBM, PRIVACY, STATS = 0x01, 0x02, 0x03, 0x04, 0x09, 0x0B
CHATNAV, CHAT, BART, FEEDBAG, ICQ, BUCP = 0x0D, 0x0E, 0x10, 0x13, 0x15, 0x17


@dataclass(frozen=True, slots=True)
class RateClass:
    """Levels in milliseconds.

    level' = min(max, (level * (window - 1) + milliseconds since the last SNAC) / window)
    """

    number: int
    window: int
    clear: int
    alert: int
    limit: int
    disconnect: int
    start: int
    maximum: int

    def scaled(self, warning: int) -> "RateClass":
        """For somebody with a warning level (in per mille).  Only class 3 was seen to change."""
        if self.number != MESSAGES:
            return self
        steps = warning // 100
        return replace(
            self,
            clear=min(self.clear + 75 * steps, self.maximum),
            alert=min(self.alert + 85 * steps, self.maximum),
            limit=min(self.limit + 185 * steps, self.maximum),
        )


MESSAGES = 3
"""The rate class of messages and of profile queries."""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    families: tuple[int, ...]
    versions: Mapping[int, int]
    rate_classes: tuple[RateClass, ...]
    rate_groups: Mapping[tuple[int, int], int]
    """Family and subtype to the number of the class."""
    absolute_times: bool
    """01/07 gives the time of the last SNAC since 1970, instead of 0."""
    rights: Mapping[tuple[int, int], tuple[int, bytes]]
    """Query to subtype and data of its answer."""
    strict_sequence: bool
    """Hangs up on a FLAP number that is not the next one."""
    echoes_authorisation: bool
    """17/xx answers carry the request id of what they answer, not 0."""
    unknown_user: int
    """TLV 08 for a name nobody has."""
    roasted: bool
    """Answers the log-in of old clients."""
    motd: bytes
    """Of 01/13."""
    uins_only: bool
    services: frozenset[int]
    """Families that 01/04 has a server for."""
    strips_icq_html: bool
    """Removes tags and entities from what ICQ users write, unless the receiver knows XHTML."""
    typing_by_flag: bool
    """Relays typing only to clients that asked for it (flag 8 in 04/02)."""
    shares_accounts: bool
    """Several clients may be signed on to one account."""
    utf8_offline: bool
    """Texts in 0041 are made UTF-8, instead of left as they came."""
    profiles: bool
    system_name: str
    """Who writes what the server has to say.  Empty: it says nothing."""


def _groups(**groups: str) -> dict[tuple[int, int], int]:
    """``"04:06 02:05"``, ``"01:01-23"``: family, subtypes and ranges of them, all hexadecimal."""
    table = {}
    for name, text in groups.items():
        for part in text.split():
            family, _, subtypes = part.partition(":")
            for span in subtypes.split(","):
                first, _, last = span.partition("-")
                for subtype in range(int(first, 16), int(last or first, 16) + 1):
                    table[int(family, 16), subtype] = int(name.removeprefix("class"))
    return table


def _numbers(**values: int) -> bytes:
    """TLVs of u16: ``t1=0x64``."""
    return tlvs(*((int(name[1:], 16), u16(value)) for name, value in values.items()))


def _icbm(slots: int, interval: int) -> bytes:
    return u16(slots) + u32(3) + u16(512) + u16(999) + u16(999) + u32(interval)


OOS = Kind(
    name="oos",
    families=(0x18, 0x10, 0x03, 0x13, 0x04, 0x15, 0x02, 0x01, 0x09, 0x0A, 0x06, 0x08, 0x0B),
    versions={0x01: 4, 0x13: 4},
    rate_classes=(
        RateClass(1, 80, 2500, 2000, 1500, 800, 6000, 6000),
        RateClass(2, 80, 3000, 2000, 1500, 1000, 6000, 6000),
        RateClass(3, 20, 5100, 5000, 4000, 3000, 6000, 6000),
        RateClass(4, 20, 5500, 5300, 4200, 3000, 8000, 8000),
        RateClass(5, 10, 5500, 5300, 4200, 3000, 8000, 8000),
    ),
    rate_groups=_groups(
        class1="17:01,02,04,06,08,0a,0c 01:01-23 07:01-09 08:01-02 0e:01-04,06-09 10:01,02,04,06"
        " 15:01-03 04:01-05,07-14 06:01-03 0b:01-04 0d:01-09 13:01-28 18:01,02,04,06-08,0a,0d-12"
        " 18:15-17 05:01-03 09:01-04,09-0b 0a:01-03 0c:01-03 0f:01-04 02:01-04,06-08,0a,0c-15"
        " 03:01-03,06-0c,0f-10",
        class2="0e:05 09:05-08 03:04-05",
        class3="04:06 02:05",
        class4="02:09,0b",
    ),
    absolute_times=True,
    rights={
        (LOCATE, 2): (3, _numbers(t1=1000, t2=1000, t3=1000, t4=1000, t5=1000)),
        (BUDDY, 2): (3, _numbers(t1=100, t2=100, t3=100, t4=100)),
        (ICBM, 4): (5, _icbm(slots=100, interval=0)),
        (PRIVACY, 2): (3, _numbers(t2=100, t1=100, t3=100)),
        (FEEDBAG, 2): (
            3,
            _numbers(t3=200)
            + tlvs(
                (
                    4,
                    bytes.fromhex(
                        "003d003d00640064000100010032000000000003000000000000008000ff"
                        "001400c800010000000100c80000000000000004"
                    ),
                )
            )
            + _numbers(t5=200, t6=200, t7=200, t8=200, t9=200, ta=200, tc=200, td=200, te=100),
        ),
    },
    strict_sequence=False,
    echoes_authorisation=True,
    unknown_user=0x01,
    roasted=True,
    motd=u16(4) + tlvs((0x0B, "Welcome to Open OSCAR Server")),
    uins_only=False,
    services=frozenset({CHATNAV, CHAT, BART}),
    strips_icq_html=True,
    typing_by_flag=False,
    shares_accounts=True,
    utf8_offline=True,
    profiles=True,
    system_name="OOS System Msg",
)

ISD = Kind(
    name="isd",
    families=(0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x13, 0x15),
    versions={0x01: 3, 0x13: 4},
    rate_classes=(
        RateClass(1, 80, 2500, 1000, 500, 300, 7900, 8000),
        RateClass(2, 80, 3000, 1000, 500, 300, 6900, 7000),
        RateClass(3, 20, 4100, 4000, 3000, 2000, 6900, 7000),
        RateClass(4, 20, 4500, 4300, 3200, 2000, 7900, 8000),
        RateClass(5, 10, 4500, 4300, 3200, 2000, 8900, 9000),
    ),
    rate_groups=_groups(
        class1="01:01-1c,1e-21 02:01-04,06-08,0a,0c-15 03:01-03,06-0c 04:01-05,07-14 06:01-03"
        " 07:01-09 08:01-02 09:01-04,09-0b 0a:01-03 0b:01-04 0c:01-03 13:01-1b,1d-28 15:01-03",
        class2="03:04-05 09:05-08",
        class3="02:05 04:06",
        class4="02:09,0b",
    ),
    absolute_times=False,
    rights={
        (LOCATE, 2): (3, _numbers(t1=0x400, t2=0x0E, t3=0x0A, t4=0x1000, t5=0x80)),
        (BUDDY, 2): (3, _numbers(t1=0x258, t2=0x2EE, t3=0x200)),
        (ICBM, 4): (5, _icbm(slots=2, interval=1000)),
        (PRIVACY, 2): (3, _numbers(t2=200, t1=200)),
        (FEEDBAG, 2): (
            3,
            tlvs(
                (
                    4,
                    bytes.fromhex(
                        "0258003d00c800c800010001003200000000000300000000000000800080"
                        "001400c8000100000001000000010028000000000000"
                    ),
                )
            )
            + _numbers(t2=0xFE, t3=0x1FC, t5=0x64, t6=0x61, t7=0, t8=0)
            + tlvs((9, u32(0x69780)), (0x0A, u32(0x0E))),
        ),
    },
    strict_sequence=True,
    echoes_authorisation=False,
    unknown_user=0x08,
    roasted=False,
    motd=u16(5) + _numbers(t2=0x1E, t3=0x4B0),
    uins_only=True,
    services=frozenset(),
    strips_icq_html=False,
    typing_by_flag=True,
    shares_accounts=False,
    utf8_offline=False,
    profiles=False,
    system_name="",
)

KINDS = {kind.name: kind for kind in (OOS, ISD)}

MINIMUM_INTERVAL = u16(1)
"""Of 0b/02."""
SSL_NONE, SSL_USE = u8(0), u8(2)
