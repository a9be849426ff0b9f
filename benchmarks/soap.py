"""MSN: what reading a long list of members costs, as it comes at log-in.

msn_membership_cpu    one answer to FindMembership with MEMBERS members, from bytes to values
"""

import time
from statistics import median

from benchmarks.report import Failed, figure
from networks.msn.abservice import NAMESPACE
from networks.msn.memberships import parse_memberships

MEMBERS = 1000

RUNS = 20

MEMBER = """<Member xsi:type="PassportMember">
    <MembershipId>Allow/25af9287-3e26-442c-92d2-{number:012}</MembershipId>
    <Type>Passport</Type>
    <State>Accepted</State>
    <Deleted>false</Deleted>
    <LastChanged>2026-11-23T05:18:20Z</LastChanged>
    <JoinedDate>2026-11-23T05:18:18Z</JoinedDate>
    <ExpirationDate>0001-01-01T00:00:00</ExpirationDate>
    <Changes />
    <PassportName>somebody{number}@example.com</PassportName>
    <IsPassportNameHidden>false</IsPassportNameHidden>
    <PassportId>0</PassportId>
    <CID>-6736993302744149358</CID>
    <PassportChanges />
    <LookedupByCID>false</LookedupByCID>
</Member>"""

ANSWER = f"""<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<soap:Body><FindMembershipResponse xmlns="{NAMESPACE}"><FindMembershipResult><Services><Service>
<Memberships><Membership><MemberRole>Allow</MemberRole><Members>{{members}}</Members></Membership>
</Memberships><Info><Handle><Id>1</Id><Type>Messenger</Type></Handle></Info></Service></Services>
</FindMembershipResult></FindMembershipResponse></soap:Body></soap:Envelope>"""


def run(quick: bool) -> None:
    members = "".join(MEMBER.format(number=number) for number in range(MEMBERS))
    data = ANSWER.format(members=members).encode()
    costs = []
    for _ in range(RUNS // 4 if quick else RUNS):
        start = time.process_time()
        found = parse_memberships(200, data)
        costs.append(time.process_time() - start)
        if not isinstance(found, tuple) or len(found) != MEMBERS:
            raise Failed(f"{MEMBERS} members went in, and there came out {found!r:.200}")
    figure("msn_membership_cpu", median(costs) * 1000, "ms")
